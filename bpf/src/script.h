/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The scripts behind an exec of an interpreter. */
#ifndef BUILDGRAPH_SCRIPT_H
#define BUILDGRAPH_SCRIPT_H

#include "resolve.h"

/* script resolves the name a #! script was executed by. One that was executed
 * by its descriptor, or below one, is called /dev/fd/N or /dev/fd/N/name
 * (kernel: alloc_bprm), and nobody has walked that name. */
__noinline u32 script(u32 n, u64 name)
{
	struct scratch *s = scratch_of(SLOT_SYSCALL);
	u32 slot = SLOT_SYSCALL, fd = 0, at = 8;
	long k;

	if (!s)
		return 0;
	if (*(u64 *)s->name != WORD('/', 'd', 'e', 'v', '/', 'f', 'd', '/'))
		return resolve_name(slot, AT_FDCWD, n, WANT_FOUND | WANT_FOLLOW);
	for (int i = 0; i < 7; i++) {
		u8 c = s->name[at & 15];

		if (c < '0' || c > '9')
			break;
		fd = fd * 10 + (c - '0');
		at++;
	}
	if (s->name[at & 15] != '/')
		return path_of_file(file_at(fd), slot);
	k = bpf_probe_read_user_str(s->name, PATH_MAX, (void *)(name + at + 1));
	if (k < 2 || k > PATH_MAX)
		return 0;
	return resolve_name(slot, fd, k, WANT_FOUND | WANT_FOLLOW);
}

struct arguments {
	u64 at, end;
};

/* What stands between the interpreter and the script in the new argv: the #!
 * lines' own arguments, and scripts that are interpreters themselves (kernel:
 * load_script, up to five deep). The capture tells one from the other. */
static long script_step(u32 i, void *arg)
{
	struct arguments *c = arg;
	struct scratch *s = scratch_of(SLOT_SYSCALL);
	struct proc *p = current_proc();
	struct access_event e = {};
	u64 at = c->at;
	long n;

	if (!s || !p || at >= c->end)
		return 1;
	n = bpf_probe_read_user_str(s->name, PATH_MAX, (void *)at);
	if (n <= 0 || n > PATH_MAX)
		return 1;
	c->at += n;
	if (n < 2 || i == 0) /* argv[0] is the interpreter, known by now */
		return 0;
	e.kinds = ACCESS_EXECUTE;
	hash_name(SLOT_SYSCALL, n < 256 ? n : 256);
	if (s->hash[0] == p->script[0] && s->hash[1] == p->script[1]) {
		e.path = script(n, at);
		head(&e.h, EVENT_ACCESS, ACCESS_SCRIPT, p->who);
		emit(&e, sizeof(e));
		return 1;
	}
	if (s->name[0] == '-' || !begin_walk(s, AT_FDCWD))
		return 0;
	walk_name(SLOT_SYSCALL, n, WANT_FOUND | WANT_FOLLOW);
	if (s->walk.state != WALK_FOUND)
		return 0;
	e.path = path_of(s->walk.dentry, s->walk.mnt, SLOT_SYSCALL);
	head(&e.h, EVENT_ACCESS, ACCESS_MAYBE, p->who);
	emit(&e, sizeof(e));
	return 0;
}

/* scripts tells which #! scripts the exec that has just succeeded went through:
 * the kernel put their names before the caller's own arguments. */
static __always_inline int scripts(struct proc *p)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct arguments c = {};

	if (!p)
		return 0;
	c.at = BPF_CORE_READ(task, mm, arg_start);
	c.end = BPF_CORE_READ(task, mm, arg_end);
	bpf_loop(12, script_step, &c, 0);
	p->script[0] = 0;
	return 0;
}

#endif
