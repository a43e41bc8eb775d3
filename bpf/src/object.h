/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reading files, dentries and inodes, in as few reads as will do: these run at
 * every open of a build. */
#ifndef BUILDGRAPH_OBJECT_H
#define BUILDGRAPH_OBJECT_H

#include "emit.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#define FMODE_READ 1
#define FMODE_WRITE 2
#define FMODE_PATH 0x4000
#define FMODE_CREATED 0x100000

/* Reads a field of what an untyped address points to. The address is taken
 * into a local first: an expression over a struct of ours inside BPF_CORE_READ
 * would be relocated too, and fail. */
#define PEEK(type, address, field)                                             \
	({                                                                     \
		type *peeked__ = (type *)(address);                            \
		BPF_CORE_READ(peeked__, field);                                \
	})

/* A field out of a copy of the first bytes of a struct, where this kernel has
 * it among them: the verifier drops the branch not taken. */
#define FIELD(type, block, address, field)                                     \
	({                                                                     \
		typeof(((type *)0)->field) field__;                            \
		u32 offset__ = bpf_core_field_offset(type, field);             \
		if (offset__ <= sizeof(block) - sizeof(field__))               \
			field__ = *(typeof(field__) *)((char *)(block) + offset__); \
		else                                                           \
			field__ = PEEK(type, address, field);                  \
		field__;                                                       \
	})

static __always_inline u64 mount_of(u64 vfsmount)
{
	return vfsmount - bpf_core_field_offset(struct mount, mnt);
}

/* file_at gives the struct file behind one of the current task's descriptors.
 * Nothing is loaded through the task's type: for each pointer so loaded the
 * verifier searches the names of all the kernel's types (6.2 and newer), which
 * was a third of what loading the programs took. */
static __always_inline u64 file_at(s32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 files = (u64)BPF_CORE_READ(task, files), table, block[2], file = 0;

	if (!files || fd < 0)
		return 0;
	table = (u64)PEEK(struct files_struct, files, fdt);
	if (bpf_probe_read_kernel(block, sizeof(block), (void *)table) ||
	    (u32)fd >= FIELD(struct fdtable, block, table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file),
			      (void *)((u64)FIELD(struct fdtable, block, table, fd) + (u32)fd * 8ull));
	return file;
}

static __always_inline u64 inode_of(u64 dentry)
{
	return (u64)PEEK(struct dentry, dentry, d_inode);
}

static __always_inline u16 mode_of(u64 inode)
{
	return PEEK(struct inode, inode, i_mode);
}

static __always_inline u64 ino_of(u64 inode)
{
	return PEEK(struct inode, inode, i_ino);
}

/* describe fills o for a dentry; 0 when it has no inode. Functions that are not
 * inlined are verified once, by themselves, and give their stack back. */
__noinline int describe(struct object *o, u64 dentry, u64 mnt)
{
	u64 block[10];

	if (!o || bpf_probe_read_kernel(block, sizeof(block), (void *)dentry))
		return 0;
	o->dentry = dentry;
	o->mnt = mnt;
	o->inode = (u64)FIELD(struct dentry, block, dentry, d_inode);
	o->parent = (u64)FIELD(struct dentry, block, dentry, d_parent);
	o->hash_len = FIELD(struct dentry, block, dentry, d_name.hash_len);
	if (!o->inode || bpf_probe_read_kernel(block, sizeof(block), (void *)o->inode))
		return 0;
	o->mode = FIELD(struct inode, block, o->inode, i_mode);
	o->sb = (u64)FIELD(struct inode, block, o->inode, i_sb);
	o->ino = FIELD(struct inode, block, o->inode, i_ino);
	o->gen = PEEK(struct inode, o->inode, i_generation);
	return 1;
}

/* describe_file is describe for an open file. */
__noinline int describe_file(struct object *o, u64 file)
{
	u64 path[2];
	u32 mode;

	if (!o || !file || bpf_probe_read_kernel(path, sizeof(path),
					   (void *)(file + bpf_core_field_offset(struct file, f_path))))
		return 0;
	mode = PEEK(struct file, file, f_mode);
	o->fmode = mode;
	o->created = mode & FMODE_CREATED;
	/* struct path: mnt, dentry */
	return describe(o, path[1], mount_of(path[0]));
}

/* How often an inode was changed; two that share a slot cost each other a
 * duplicate event. */
static __always_inline u32 *changes_of(u64 ino)
{
	u32 i = (ino * 0x9E3779B97F4A7C15ull) >> 48;

	return bpf_map_lookup_elem(&gens, &i);
}

/* changed makes later reads of the inode events again. */
static __always_inline void changed(u64 ino)
{
	u32 *n = changes_of(ino);

	if (n)
		__sync_fetch_and_add(n, 1);
}

#endif
