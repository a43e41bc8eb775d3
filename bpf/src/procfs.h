/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The links of /proc that lead elsewhere for each process that asks. */
#ifndef BUILDGRAPH_PROCFS_H
#define BUILDGRAPH_PROCFS_H

#include "path.h"
#include "text.h"

/* decimal spells a number below 10^8, first digit in the lowest byte. */
__noinline u64 decimal(u32 n)
{
	u64 text = 0;

	for (int i = 0; i < 8; i++) {
		text = text << 8 | ('0' + n % 10);
		n /= 10;
		if (!n)
			break;
	}
	return text;
}

/* number reads what decimal spells. */
__noinline u32 number(u64 text)
{
	u32 n = 0;

	for (int i = 0; i < 8; i++) {
		if (!text)
			break;
		n = n * 10 + (text & 15);
		text >>= 8;
	}
	return n;
}

/* bytes_of counts the bytes of a text before its first zero byte. */
static __always_inline u32 bytes_of(u64 text)
{
	u64 z = zero_bytes(text);

	if (!z)
		return 8;
	z = ((z & -z) >> 7) - 1; /* 0xff in the bytes before the zero */
	return ((z & ONES) * ONES) >> 56;
}

/* first_bytes gives up to eight bytes of a string, the rest zero. */
static __always_inline u64 first_bytes(u64 word, u32 len)
{
	return len < 8 ? word & ((1ull << (len & 7) * 8) - 1) : word;
}

#define WORD(a, b, c, d, e, f, g, h)                                           \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 |          \
	 (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)

/* named says whether a dentry's name is these up to eight bytes. */
__noinline int named(u64 dentry, u64 text)
{
	u64 word = 0;
	u32 len = PEEK(struct dentry, dentry, d_name.len);

	if (!len || len > 8)
		return 0;
	bpf_probe_read_kernel(&word, len, (void *)PEEK(struct dentry, dentry, d_name.name));
	return word == text;
}

/* proc_root follows a link of procfs's root (kernel: proc_self_get_link and its
 * like): its text goes to s->name[8], its length is returned. */
static __always_inline int proc_root(struct scratch *s, u64 word)
{
	u64 id = bpf_get_current_pid_tgid(), me = decimal(id >> 32), thread;
	u32 n = bytes_of(me) & 15, k;

	*(u64 *)&s->name[8] = me;
	if (word == WORD('s', 'e', 'l', 'f', 0, 0, 0, 0))
		return n;
	if (word == WORD('t', 'h', 'r', 'e', 'a', 'd', '-', 's')) {
		thread = decimal(id);
		k = bytes_of(thread) & 15;
		*(u64 *)&s->name[8 + n] = WORD('/', 't', 'a', 's', 'k', '/', 0, 0);
		*(u64 *)&s->name[8 + n + 6] = thread;
		return n + 6 + k;
	}
	*(u64 *)&s->name[8] = WORD('s', 'e', 'l', 'f', '/', 0, 0, 0);
	*(u64 *)&s->name[13] = word; /* mounts -> self/mounts, net -> self/net */
	if (word != WORD('m', 'o', 'u', 'n', 't', 's', 0, 0) && word != WORD('n', 'e', 't', 0, 0, 0, 0, 0))
		return -1;
	return 5 + bytes_of(word);
}

/* proc_link follows the link s->rest[at] of procfs, whose links have no text of
 * their own: those of its root, and the asking process's cwd, root, exe and
 * descriptors. Those of other processes stay unresolved. Returns the length of the
 * text at s->name[8] that is to be followed, 0 when the walk has gone on to where
 * the link leads, -1 when it could not. */
__noinline int proc_link(u32 slot, u32 at, u32 len)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = scratch_of(slot);
	u64 word, fs, to = 0, mnt = 0, file = 0, dir;
	struct walk *w;

	if (!s || !len || len > 255)
		return -1;
	w = &s->walk;
	w->own = 1;
	w->rest = at + len;
	word = first_bytes(*(u64 *)&s->rest[at & (REST_END - 1)], len);
	if (w->dentry == (u64)PEEK(struct mount, w->mnt, mnt.mnt_root))
		return proc_root(s, word);
	dir = w->dentry;
	fs = (u64)BPF_CORE_READ(task, fs);
	if (named(dir, WORD('f', 'd', 0, 0, 0, 0, 0, 0))) {
		dir = (u64)PEEK(struct dentry, dir, d_parent);
		file = file_at(number(word));
	} else if (word == WORD('c', 'w', 'd', 0, 0, 0, 0, 0)) {
		to = (u64)PEEK(struct fs_struct, fs, pwd.dentry);
		mnt = (u64)PEEK(struct fs_struct, fs, pwd.mnt);
	} else if (word == WORD('r', 'o', 'o', 't', 0, 0, 0, 0)) {
		to = (u64)PEEK(struct fs_struct, fs, root.dentry);
		mnt = (u64)PEEK(struct fs_struct, fs, root.mnt);
	} else if (word == WORD('e', 'x', 'e', 0, 0, 0, 0, 0)) {
		file = (u64)BPF_CORE_READ(task, mm, exe_file);
	}
	if (file) {
		to = (u64)PEEK(struct file, file, f_path.dentry);
		mnt = (u64)PEEK(struct file, file, f_path.mnt);
	}
	if (!to || !named(dir, decimal(bpf_get_current_pid_tgid() >> 32)))
		return -1;
	w->dentry = to;
	w->mnt = mount_of(mnt);
	return 0;
}

#endif
