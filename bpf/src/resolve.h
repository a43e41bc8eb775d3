/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * From the string a caller gave to a path: what the kernel's own path walk
 * (fs/namei.c) has just done, repeated on the dentry cache it filled. What is
 * not in the cache or cannot be read there (a symlink longer than its inode
 * holds, /proc's magic links, a directory that folds case) is sent as
 * PATH_UNRESOLVED with the part that is left.
 */
#ifndef BUILDGRAPH_RESOLVE_H
#define BUILDGRAPH_RESOLVE_H

#include "path.h"
#include "procfs.h"

#define AT_FDCWD -100
#define LINKS_MAX 40  /* kernel: MAXSYMLINKS */
#define CHAIN_MAX 256  /* longest hash chain followed */
#define MOUNTS_MAX 4096

/* Loops that run in callbacks are verified once and not once a turn. */
struct hashing {
	u64 x, y;
	u64 result; /* hash | length << 32 */
	u32 slot;
	u32 at;
	u32 len;
};

static long component_step(u32 i, void *arg)
{
	struct hashing *c = arg;
	struct scratch *s = scratch_of(c->slot);
	u64 a, z, mask;

	if (!s)
		return 1;
	a = *(u64 *)&s->rest[(c->at + i * 8) & (REST_END - 1)];
	z = zero_bytes(a) | zero_bytes(a ^ ('/' * ONES));
	if (!z) {
		MIX(c->x, c->y, a);
		c->len += 8;
		return 0;
	}
	z &= -z;	     /* lowest marked byte: 0x80 << 8 * k */
	mask = (z >> 7) - 1; /* 0xff in the k bytes before it */
	c->len += ((mask & ONES) * ONES) >> 56;
	c->result = fold_hash(c->x ^ (a & mask), c->y) | (u64)c->len << 32;
	return 1;
}

/* component hashes the name at s->rest[at] up to a slash or NUL the way
 * hash_name does; returns hash | length << 32, 0 when it is too long. */
__noinline u64 component(u32 slot, u32 at, u64 parent)
{
	struct hashing c = {.y = parent, .slot = slot, .at = at};

	bpf_loop(33, component_step, &c, 0);
	return c.result;
}

struct chain {
	u64 node;
	u64 parent;
	u64 hash_len;
	u64 found;
};

static long chain_step(u32 i, void *arg)
{
	struct chain *c = arg;
	u64 d = c->node - bpf_core_field_offset(struct dentry, d_hash), block[7];

	if (!c->node || bpf_probe_read_kernel(block, sizeof(block), (void *)d))
		return 1;
	if (FIELD(struct dentry, block, d, d_name.hash_len) == c->hash_len &&
	    (u64)FIELD(struct dentry, block, d, d_parent) == c->parent) {
		c->found = d;
		return 1;
	}
	c->node = (u64)FIELD(struct dentry, block, d, d_hash.next);
	return 0;
}

/* child finds a name below a directory (kernel: __d_lookup_rcu). */
__noinline u64 child(u64 parent, u64 hash_len)
{
	struct chain c = {.parent = parent, .hash_len = hash_len};

	bpf_probe_read_kernel(&c.node, sizeof(c.node),
			      (void *)(hash_table + (((u32)hash_len >> hash_shift) * 8ull)));
	c.node &= ~1ull; /* LIST_BL_LOCKMASK */
	bpf_loop(CHAIN_MAX, chain_step, &c, 0);
	return c.found;
}

struct mounts {
	u64 node, end;
	u64 mountpoint;
	u64 found;
};

static long mounts_step(u32 i, void *arg)
{
	struct mounts *c = arg;
	u64 m;

	if (c->node == c->end || !c->node)
		return 1;
	m = c->node - bpf_core_field_offset(struct mount, mnt_child);
	if ((u64)PEEK(struct mount, m, mnt_mountpoint) == c->mountpoint) {
		c->found = m; /* the last one hides those before it */
		return 1;
	}
	c->node = (u64)PEEK(struct list_head, c->node, next);
	return 0;
}

/* mounted_on finds what is mounted on a dentry of mnt (kernel: lookup_mnt). */
__noinline u64 mounted_on(u64 mnt, u64 dentry)
{
	struct mounts c = {};

	c.end = mnt + bpf_core_field_offset(struct mount, mnt_mounts);
	c.node = (u64)PEEK(struct list_head, c.end, next);
	c.mountpoint = dentry;
	bpf_loop(MOUNTS_MAX, mounts_step, &c, 0);
	return c.found;
}

static __always_inline u32 mounted_flag(void)
{
	if (bpf_core_enum_value_exists(enum dentry_flags, DCACHE_MOUNTED))
		return bpf_core_enum_value(enum dentry_flags, DCACHE_MOUNTED);
	return 0x10000; /* include/linux/dcache.h before it was an enum, 6.9 */
}

static __always_inline u32 op_hash_flag(void)
{
	if (bpf_core_enum_value_exists(enum dentry_flags, DCACHE_OP_HASH))
		return bpf_core_enum_value(enum dentry_flags, DCACHE_OP_HASH);
	return 0x1;
}

static __always_inline int stop(struct walk *w, u32 state)
{
	w->state = state;
	return 1;
}

/* dotdot goes one directory up and never above the root. */
__noinline int dotdot(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct walk *w;

	if (!s)
		return 0;
	w = &s->walk;
	for (int i = 0; i < 8; i++) {
		u64 up;

		if (w->dentry == w->root_dentry && w->mnt == w->root_mnt)
			return 0;
		if (w->dentry != (u64)PEEK(struct mount, w->mnt, mnt.mnt_root))
			break;
		up = (u64)PEEK(struct mount, w->mnt, mnt_parent);
		if (up == w->mnt)
			return 0;
		w->dentry = (u64)PEEK(struct mount, w->mnt, mnt_mountpoint);
		w->mnt = up;
	}
	w->dentry = (u64)PEEK(struct dentry, w->dentry, d_parent);
	return 0;
}

/* splice puts the n bytes at s->name[8], a symlink's text, before the rest. */
__noinline int splice(u32 slot, u32 n)
{
	struct scratch *s = scratch_of(slot);
	struct walk *w;
	u32 rest;

	if (!s || !n || n > PATH_MAX - 9)
		return -1;
	w = &s->walk;
	rest = w->rest;
	if (rest < n || rest > REST_END)
		return -1;
	rest -= n;
	bpf_probe_read_kernel(&s->rest[rest & (REST_END - 1)], bounded(n), &s->name[8]);
	w->rest = rest;
	if (s->name[8] == '/') {
		w->dentry = w->root_dentry;
		w->mnt = w->root_mnt;
	}
	return 0;
}

#define PROC_SUPER_MAGIC 0x9fa0

/* walk_link reads the symlink d, the component at s->rest[at], into s->name[8] and
 * returns its length; 0: it is one of procfs's own kind; -1: it cannot be read. */
__noinline int walk_link(u32 slot, u64 d, u32 at, u32 len)
{
	struct scratch *s = scratch_of(slot);
	struct witness *kept;
	struct walk *w;
	u64 inode = inode_of(d), link, sb;
	long n;

	if (!s)
		return -1;
	w = &s->walk;
	if (w->links++ >= LINKS_MAX)
		return -1;
	link = (u64)PEEK(struct inode, inode, i_link);
	if (!link) {
		sb = (u64)PEEK(struct inode, inode, i_sb);
		if (PEEK(struct super_block, sb, s_magic) != PROC_SUPER_MAGIC)
			return -1;
		return 0;
	}
	kept = &w->kept[(w->links - 1) & (LINKS_KEPT - 1)];
	kept->dentry = d;
	kept->inode = inode;
	kept->parent = w->dentry;
	kept->hash_len = PEEK(struct dentry, d, d_name.hash_len);
	/* name is free: the string has been copied out of it */
	n = bpf_probe_read_kernel_str(&s->name[8], PATH_MAX - 8, (void *)link);
	if (n <= 1)
		return -1;
	w->rest = at + len;
	return n - 1;
}

static long walk_step(u32 i, void *arg)
{
	u32 slot = *(u32 *)arg;
	struct scratch *s = scratch_of(slot);
	struct walk *w;
	u64 hash_len, d, inode;
	u32 at, len;
	u16 mode;
	char c, next;

	if (!s)
		return 1;
	w = &s->walk;
	at = w->rest;
	if (at >= REST_END)
		return stop(w, WALK_FOUND);
	c = s->rest[at & (REST_END - 1)];
	if (c == 0)
		return stop(w, WALK_FOUND);
	if (c == '/') {
		w->rest = at + 1;
		return 0;
	}
	if (PEEK(struct dentry, w->dentry, d_flags) & op_hash_flag())
		return stop(w, WALK_UNRESOLVED);
	hash_len = component(slot, at, w->dentry);
	len = hash_len >> 32;
	if (!len || len > 255)
		return stop(w, WALK_UNRESOLVED);
	if (c == '.' && len == 1) {
		w->rest = at + 1;
		return 0;
	}
	if (c == '.' && len == 2 && s->rest[(at + 1) & (REST_END - 1)] == '.') {
		dotdot(slot);
		w->rest = at + 2;
		return 0;
	}
	d = child(w->dentry, hash_len);
	if (!d)
		return stop(w, WALK_ABSENT);
	inode = inode_of(d);
	if (!inode)
		return stop(w, WALK_ABSENT);
	mode = mode_of(inode) & S_IFMT;
	next = s->rest[(at + len) & (REST_END - 1)];
	if (mode == S_IFLNK && (next == '/' || w->follow)) {
		int n = walk_link(slot, d, at, len);

		if (n == 0) {
			n = proc_link(slot, at, len);
			if (n == 0)
				return 0;
		}
		if (n > 0 && !splice(slot, n))
			return 0;
		w->rest = at;
		return stop(w, WALK_UNRESOLVED);
	}
	if (mode != S_IFDIR && next == '/')
		return stop(w, WALK_ABSENT); /* ENOTDIR */
	for (int k = 0; k < 4; k++) {
		u64 m;

		if (!(PEEK(struct dentry, d, d_flags) & mounted_flag()))
			break;
		m = mounted_on(w->mnt, d);
		if (!m)
			break;
		w->mnt = m;
		d = (u64)PEEK(struct mount, m, mnt.mnt_root);
	}
	w->dentry = d;
	w->rest = at + len;
	return 0;
}

enum want {
	WANT_FOUND = 1,	 /* the call succeeded: the file is there */
	WANT_ABSENT = 2, /* the call failed with ENOENT or ENOTDIR */
	WANT_FOLLOW = 4, /* symlinks in the last component are followed */
	WANT_FRESH = 8,	 /* the call changed names: nothing remembered counts */
	WANT_NOTDIR = 16, /* with ABSENT, ENOTDIR: what an ENOENT had found before
			     may have been made since */
};

/* begin_walk sets the walk of the slot up for the string in s->name, from dir (a
 * descriptor; AT_FDCWD); false when there is no such directory. */
static __always_inline bool begin_walk(struct scratch *s, s32 dir)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct walk *w = &s->walk;
	u64 fs = (u64)BPF_CORE_READ(task, fs), file;

	if (!fs)
		return false;
	w->root_dentry = (u64)PEEK(struct fs_struct, fs, root.dentry);
	w->root_mnt = mount_of((u64)PEEK(struct fs_struct, fs, root.mnt));
	if (s->name[0] == '/') {
		w->dentry = w->root_dentry;
		w->mnt = w->root_mnt;
	} else if (dir == AT_FDCWD) {
		w->dentry = (u64)PEEK(struct fs_struct, fs, pwd.dentry);
		w->mnt = mount_of((u64)PEEK(struct fs_struct, fs, pwd.mnt));
	} else {
		file = file_at(dir);
		if (!file)
			return false;
		w->dentry = (u64)PEEK(struct file, file, f_path.dentry);
		w->mnt = mount_of((u64)PEEK(struct file, file, f_path.mnt));
	}
	return true;
}

/* walk_name takes the walk to its end, for the n bytes (with the NUL) in
 * s->name. */
__noinline int walk_name(u32 slot, u32 n, u32 want)
{
	struct scratch *s = scratch_of(slot);
	struct walk *w;

	if (!s || n < 2 || n > PATH_MAX)
		return 0;
	w = &s->walk;
	n = bounded_twice(n);
	w->rest = bounded_twice(REST_END - n);
	bpf_probe_read_kernel(&s->rest[w->rest & (REST_END - 1)], n, s->name);
	w->follow = !!(want & WANT_FOLLOW);
	w->links = 0;
	w->own = 0;
	__builtin_memset(w->kept, 0, sizeof(w->kept));
	w->state = hash_table ? WALK_ON : WALK_UNRESOLVED;
	if (hash_table)
		bpf_loop(2 * PATH_MAX, walk_step, &slot, 0);
	if (w->state == WALK_ON)
		w->state = WALK_UNRESOLVED;
	if (w->state == WALK_ABSENT && (want & WANT_FOUND))
		w->state = WALK_UNRESOLVED;
	return 0;
}

/* still says whether a name leads to what it did: a dentry that was removed or
 * replaced has lost its inode or its place in the hash table. */
__noinline int still(struct witness *k)
{
	u64 block[10], d;

	if (!k)
		return 0;
	d = k->dentry;
	if (!d)
		return 1;
	if (bpf_probe_read_kernel(block, sizeof(block), (void *)d))
		return 0;
	return (u64)FIELD(struct dentry, block, d, d_inode) == k->inode &&
	       (u64)FIELD(struct dentry, block, d, d_parent) == k->parent &&
	       FIELD(struct dentry, block, d, d_name.hash_len) == k->hash_len &&
	       (FIELD(struct dentry, block, d, d_hash.pprev) || d == k->parent);
}

/* remembered gives the id that the slot's string led to before, if it still
 * does; 0 when that is not known. */
static __always_inline u32 remembered(struct scratch *s, u32 slot, u32 n, u32 want)
{
	struct lookup_key *key = &s->lookup_key;
	struct lookup *known;

	hash_name(slot, n);
	key->dentry = s->walk.dentry;
	key->mnt = s->walk.mnt;
	key->hash[0] = s->hash[0];
	key->hash[1] = s->hash[1];
	key->len = n;
	key->flags = want;
	known = bpf_map_lookup_elem(&lookups, key);
	if (!known || known->epoch != epoch || !still(&known->found) ||
	    !still(&known->links[0]) || !still(&known->links[1]))
		return 0;
	if (known->found.dentry &&
	    PEEK(struct inode, known->found.inode, i_generation) != known->gen)
		return 0;
	return known->id;
}

/* remember keeps what the walk has found for remembered. */
static __always_inline void remember(struct scratch *s, u32 id, u32 since)
{
	struct lookup *fresh = &s->lookup;

	fresh->id = id;
	fresh->epoch = since;
	fresh->pad = 0;
	__builtin_memset(&fresh->found, 0, sizeof(fresh->found));
	fresh->gen = 0;
	if (s->walk.state == WALK_FOUND) {
		fresh->found.dentry = s->object.dentry;
		fresh->found.inode = s->object.inode;
		fresh->found.parent = s->object.parent;
		fresh->found.hash_len = s->object.hash_len;
		fresh->gen = s->object.gen;
	}
	__builtin_memcpy(fresh->links, s->walk.kept, sizeof(fresh->links));
	bpf_map_update_elem(&lookups, &s->lookup_key, fresh, BPF_ANY);
}

/* resolve_name follows the string in s->name (n bytes with its NUL) from dir.
 * Returns the path's id, 0 for none. */
__noinline u32 resolve_name(u32 slot, s32 dir, u32 n, u32 want)
{
	struct scratch *s = scratch_of(slot);
	bool keep = n <= 256 && !(want & WANT_FRESH); /* long ones are rare */
	u32 since = epoch, id;

	if (!s || n < 2 || n > PATH_MAX || !begin_walk(s, dir))
		return 0;
	if (keep) {
		id = remembered(s, slot, n, want);
		if (id)
			return id;
	}
	walk_name(slot, n, want);
	if (s->walk.state == WALK_FOUND) {
		id = path_of(s->walk.dentry, s->walk.mnt, slot);
	} else {
		if (spell(s->walk.dentry, s->walk.mnt, slot))
			return 0;
		s->flags |= s->walk.state == WALK_ABSENT ? PATH_ABSENT : PATH_UNRESOLVED;
		id = send_path(slot, 1);
	}
	if (id && keep && !s->walk.own && s->walk.links <= LINKS_KEPT)
		remember(s, id, since);
	return id;
}

/* resolve_user is resolve_name for a string in the caller's memory. */
static __always_inline u32 resolve_user(struct proc *p, u32 slot, s32 dir, u64 string, u32 want)
{
	struct scratch *s = scratch_of(slot);
	struct counts *c;
	long n;

	if (!s || !string)
		return 0;
	n = bpf_probe_read_user_str(s->name, PATH_MAX, (void *)string);
	if (n < 0) {
		c = counts_of_cpu();
		if (c)
			__sync_fetch_and_add(&c->unreadable, 1);
		note(p, NOTE_PATH, 0, 0);
		return 0;
	}
	return resolve_name(slot, dir, n, want);
}

#endif
