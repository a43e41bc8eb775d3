/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reporting that a file was used, once: duplicates are folded here. */
#ifndef BUILDGRAPH_FOLD_H
#define BUILDGRAPH_FOLD_H

#include "path.h"
#include "text.h"

/* folded notes a use that has been reported before. One that repeats itself
 * without naming the file (read(2), write(2)) only moves the time of the last;
 * a read(2) after its open adds nothing that anyone asks for. */
static __always_inline void folded(struct proc *p, struct fold *f, struct fold_key *key, bool named)
{
	struct access_event e;

	f->last = bpf_ktime_get_boot_ns();
	if (named)
		__sync_fetch_and_add(&f->count, 1);
	if (f->told || !(named || (key->kinds & ACCESS_WRITE)))
		return;
	f->told = 1;
	head(&e.h, EVENT_ACCESS, ACCESS_FOLDING, p->who);
	e.path = f->path;
	e.kinds = key->kinds;
	e.object = key->object;
	emit(&e, sizeof(e));
}

/* report sends a use; one that has come again is folded from here on. */
static __always_inline void report(struct proc *p, struct fold *fresh, struct fold_key *key, u16 flags, u64 *slot, bool again)
{
	struct access_event e;

	if (!fresh->path) {
		if (slot)
			*slot = 0;
		return;
	}
	head(&e.h, EVENT_ACCESS, flags, p->who);
	e.path = fresh->path;
	e.kinds = key->kinds;
	e.object = key->object;
	if (emit(&e, sizeof(e))) {
		if (slot)
			*slot = 0;
		return;
	}
	if (!again)
		return;
	fresh->last = e.h.time;
	bpf_map_update_elem(&folds, key, fresh, BPF_ANY);
}

/* seen says whether a use with this fingerprint has been reported of late, and
 * keeps it. Most uses never come again; those need no place in folds, which costs
 * as much as all the rest. One that is forgotten too early is reported again. */
static __always_inline u64 *seen(u64 x, u64 y, bool *again)
{
	u64 print = x ^ rol(y, 32);
	u32 i = (u32)fold_hash(x, y) >> (32 - RECENT_BITS);
	u64 *slot = bpf_map_lookup_elem(&recent, &i);

	*again = slot && *slot == print;
	if (slot)
		*slot = print;
	return slot;
}

/* use_object reports that p used the slot's object, unless it has been reported
 * and is still the same file under the same name with the same content. Writes
 * are folded even where others write too: first and last tell all there is. */
/* The scratch is looked up here: 6.1 takes no pointer that was handed in for the
 * value of a map. */
__noinline int use_object(struct proc *p, u32 kinds, u32 named)
{
	struct scratch *s = scratch_of(SLOT_SYSCALL);
	struct fold_key key = {};
	struct fold *f = NULL, *fresh;
	u64 x = 0, y = 0, *slot;
	struct object *o;
	u32 *n, changes;
	bool same, again;

	if (!p || !s)
		return 0;
	o = &s->object;
	fresh = &s->fold;
	key.object = o->dentry;
	key.image = p->who.image;
	key.kinds = kinds;
	n = changes_of(o->ino);
	changes = n && !(kinds & ACCESS_WRITE) ? *n : 0;
	MIX(x, y, (u64)p->who.image << 32 | kinds);
	MIX(x, y, o->dentry);
	MIX(x, y, o->parent);
	MIX(x, y, o->hash_len);
	MIX(x, y, o->ino);
	MIX(x, y, (u64)o->gen << 32 | epoch);
	MIX(x, y, changes);
	slot = seen(x, y, &again);
	if (again) {
		if (!named && !(kinds & ACCESS_WRITE))
			return 0; /* a read after its open adds nothing */
		f = bpf_map_lookup_elem(&folds, &key);
	}
	same = f && f->hash_len == o->hash_len && f->ino == o->ino &&
	       f->generation == o->gen && f->parent == o->parent;
	if (same && f->epoch == epoch && f->changes == changes) {
		folded(p, f, &key, named);
		return 0;
	}
	fresh->path = object_path(SLOT_SYSCALL);
	fresh->count = same ? f->count : 0;
	fresh->told = same ? f->told : 0;
	fresh->parent = o->parent;
	fresh->hash_len = o->hash_len;
	fresh->ino = o->ino;
	fresh->generation = o->gen;
	fresh->changes = changes;
	fresh->epoch = epoch;
	report(p, fresh, &key, named ? 0 : ACCESS_BY_FD, slot, again);
	return 0;
}

/* use_path reports that p asked about a name. */
__noinline int use_path(struct proc *p, u32 path, u32 kinds)
{
	struct fold_key key = {.object = path, .kinds = kinds};
	struct fold fresh = {.path = path};
	struct fold *f = NULL;
	u64 x = 0, y = 0, *slot;
	bool again;

	if (!p || !path)
		return 0;
	key.image = p->who.image;
	MIX(x, y, (u64)p->who.image << 32 | kinds);
	MIX(x, y, path);
	slot = seen(x, y, &again);
	if (again)
		f = bpf_map_lookup_elem(&folds, &key);
	if (f)
		folded(p, f, &key, true);
	else
		report(p, &fresh, &key, 0, slot, again);
	return 0;
}

#endif
