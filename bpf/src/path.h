/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* From a dentry to the path a person on the host would type for it. */
#ifndef BUILDGRAPH_PATH_H
#define BUILDGRAPH_PATH_H

#include "object.h"

/* These tell the verifier what the code before them has made sure of; the
 * compiler would see through a plain mask and drop it. */
static __always_inline u32 bounded(u32 n) /* below PATH_MAX */
{
	asm volatile("%0 &= 4095" : "+r"(n));
	return n;
}

static __always_inline u32 bounded_twice(u32 n) /* below 2 * PATH_MAX */
{
	asm volatile("%0 &= 8191" : "+r"(n));
	return n;
}

struct climb {
	u64 dentry;
	u64 mnt;
	u32 slot;
};

/* One step up: a name, or from the root of a mount to where it is mounted
 * (kernel: prepend_path). */
static long climb_step(u32 i, void *arg)
{
	struct climb *c = arg;
	struct scratch *s = scratch_of(c->slot);
	struct dentry *d = (struct dentry *)c->dentry;
	struct mount *m = (struct mount *)c->mnt;
	struct dentry *root = BPF_CORE_READ(m, mnt.mnt_root);
	struct dentry *parent = BPF_CORE_READ(d, d_parent);
	const unsigned char *name;
	u32 len, pos;

	if (!s)
		return 1;
	if (d == root || d == parent) {
		struct mount *up = BPF_CORE_READ(m, mnt_parent);

		if (d == root && up != m) {
			c->dentry = (u64)BPF_CORE_READ(m, mnt_mountpoint);
			c->mnt = (u64)up;
			return 0;
		}
		c->dentry = 0;
		return 1;
	}
	len = BPF_CORE_READ(d, d_name.len) & 255;
	name = BPF_CORE_READ(d, d_name.name);
	pos = s->pos;
	if (pos > PATH_MAX || pos < len + 1) {
		s->flags |= PATH_TRUNCATED;
		c->dentry = 0;
		return 1;
	}
	pos -= len;
	bpf_probe_read_kernel(&s->build[pos & (PATH_MAX - 1)], len, name);
	pos--;
	s->build[pos & (PATH_MAX - 1)] = '/';
	s->pos = pos;
	c->dentry = (u64)parent;
	return 0;
}

/* spell leaves the dentry's path in build[pos..PATH_MAX) of the slot. */
__noinline int spell(u64 dentry, u64 mnt, u32 slot)
{
	struct climb c = {.dentry = dentry, .mnt = mnt, .slot = slot};
	struct scratch *s = scratch_of(slot);

	if (!s)
		return -1;
	s->pos = PATH_MAX;
	s->flags = 0;
	bpf_loop(PATH_MAX, climb_step, &c, 0);
	if (c.dentry) /* never came to an end */
		s->flags |= PATH_TRUNCATED;
	if (s->pos == PATH_MAX) {
		s->pos = PATH_MAX - 1;
		s->build[PATH_MAX - 1] = '/';
	}
	return 0;
}

/* send_path sends what build holds under a new id: the slot's object, or, with
 * with_rest, what is left of walk.rest below walk.dentry. Returns the id, 0 when
 * it was lost. */
__noinline u32 send_path(u32 slot, u32 with_rest)
{
	struct scratch *s = scratch_of(slot);
	struct path_head *h;
	struct path_event *e;
	u32 len, pos, rest, n;
	struct who nobody = {};
	u64 mnt, ns;

	if (!s)
		return 0;
	e = &s->path;
	h = &e->head;
	pos = s->pos;
	if (pos > PATH_MAX)
		return 0;
	len = PATH_MAX - pos;
	bpf_probe_read_kernel(e->path, len, &s->build[pos]);
	h->rest = 0;
	h->nofollow = 0;
	__builtin_memset(h->pad, 0, sizeof(h->pad));
	if (with_rest) {
		mnt = s->walk.mnt;
		rest = s->walk.rest;
		if (rest > REST_END)
			return 0;
		n = REST_END - rest;
		if (n > PATH_MAX - 1) {
			n = PATH_MAX - 1;
			s->flags |= PATH_TRUNCATED;
		}
		n = bounded(n);
		len = bounded(len);
		/* a "/" alone is the whole of build only at the root */
		if (len == 1)
			len = 0;
		e->path[len] = '/';
		h->rest = len + 1;
		bpf_probe_read_kernel(&e->path[len + 1], n, &s->rest[rest]);
		len += n; /* the rest's NUL makes room for the slash */
		h->nofollow = !s->walk.follow;
		h->gen = 0;
		h->ino = 0;
		h->dev = 0;
		h->mode = 0;
	} else {
		struct object *o = &s->object;

		mnt = o->mnt;
		h->gen = o->gen;
		h->ino = o->ino;
		h->dev = PEEK(struct super_block, o->sb, s_dev);
		h->mode = o->mode;
		if (!PEEK(struct dentry, o->dentry, d_hash.pprev) && o->dentry != o->parent)
			s->flags |= PATH_DELETED;
	}
	ns = (u64)PEEK(struct mount, mnt, mnt_ns);
	if (!ns || ns >= (u64)-4095)
		s->flags |= PATH_DETACHED;
	h->id = __sync_fetch_and_add(&next_path, 1) + 1;
	h->len = len;
	head(&h->h, EVENT_PATH, s->flags, nobody);
	if (len > 2 * PATH_MAX)
		return 0;
	if (emit(e, __builtin_offsetof(struct path_event, path) + len))
		return 0;
	return h->id;
}

/* object_path gives the id of the slot's object. */
__noinline u32 object_path(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct name *known, fresh = {};
	struct name_key *key;
	struct object *o;

	if (!s)
		return 0;
	o = &s->object;
	key = &s->name_key;
	key->dentry = o->dentry;
	key->parent = o->parent;
	key->mnt = o->mnt;
	key->hash_len = o->hash_len;
	key->ino = o->ino;
	key->gen = o->gen;
	key->pad = 0;
	known = bpf_map_lookup_elem(&names, key);
	if (known && known->epoch == epoch)
		return known->id;
	fresh.epoch = epoch;
	if (spell(o->dentry, o->mnt, slot))
		return 0;
	fresh.id = send_path(slot, 0);
	if (fresh.id)
		bpf_map_update_elem(&names, key, &fresh, BPF_ANY);
	return fresh.id;
}

/* path_of gives the id of a dentry; 0 when it has no inode. */
__noinline u32 path_of(u64 dentry, u64 mnt, u32 slot)
{
	struct scratch *s = scratch_of(slot);

	if (!s || !describe(&s->object, dentry, mnt))
		return 0;
	return object_path(slot);
}

/* path_of_file is path_of for an open file. */
__noinline u32 path_of_file(u64 file, u32 slot)
{
	struct scratch *s = scratch_of(slot);

	if (!s || !describe_file(&s->object, file))
		return 0;
	return object_path(slot);
}

#endif
