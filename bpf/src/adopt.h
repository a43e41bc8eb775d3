/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Processes that run already: entered by iterators, which the capture reads until
 * a pass finds no more. */
#ifndef BUILDGRAPH_ADOPT_H
#define BUILDGRAPH_ADOPT_H

#include "process.h"

#define VM_SHARED 8

/* A process can end while it is being entered, and its end be missed: whoever takes
 * the entry away then tells of it. */
static __always_inline void ended_already(struct task_struct *task, struct who who)
{
	struct exit_event e = {};
	u32 tgid = task->tgid;

	if (BPF_CORE_READ(task, signal, live.counter) > 0 || bpf_map_delete_elem(&procs, &tgid))
		return;
	head(&e.h, EVENT_EXIT, 0, who);
	e.pid = tgid;
	e.status = BPF_CORE_READ(task, signal, group_exit_code);
	if (!e.status)
		e.status = BPF_CORE_READ(task, exit_code);
	emit(&e, sizeof(e));
}

/* What an adopted image is, and what it has open. */
static __always_inline void send_adopted(struct task_struct *task, struct proc *p)
{
	struct exec_event e = {};
	u64 fs = (u64)BPF_CORE_READ(task, fs), files = (u64)BPF_CORE_READ(task, files);

	e.old = p->who.image;
	e.pid = task->tgid;
	e.uid = BPF_CORE_READ(task, cred, uid.val);
	e.gid = BPF_CORE_READ(task, cred, gid.val);
	e.mntns = p->mntns;
	e.exe = path_of_file((u64)BPF_CORE_READ(task, mm, exe_file), SLOT_ADOPT);
	if (fs)
		e.cwd = path_of((u64)PEEK(struct fs_struct, fs, pwd.dentry),
				mount_of((u64)PEEK(struct fs_struct, fs, pwd.mnt)), SLOT_ADOPT);
	head(&e.h, EVENT_EXEC, EXEC_ADOPTED, p->who);
	emit(&e, sizeof(e));
	if (files)
		send_held(p->who.image, p->who.build, files, SLOT_ADOPT);
}

/* adopt_task enters the target, and processes whose parent has been entered. One
 * that its parent forks after that is seen by process_fork; before that, by the
 * next pass. The event comes before the entry: no event of the process can come
 * before it is known. */
SEC("iter/task")
int adopt_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct proc *p, fresh = {.adopted = 1};
	struct fork_event e = {};
	u32 tgid, from;

	if (!task || task->pid != task->tgid)
		return 0;
	tgid = task->tgid;
	if (tgid == spawner || bpf_map_lookup_elem(&procs, &tgid) ||
	    BPF_CORE_READ(task, signal, live.counter) <= 0)
		return 0;
	if (tgid == target) {
		if (__sync_fetch_and_add(&adopted, 1))
			return 0; /* it has ended, and this is another */
		begin_build(task, &fresh, 0);
	} else {
		from = BPF_CORE_READ(task, real_parent, tgid);
		p = bpf_map_lookup_elem(&procs, &from);
		if (!p || !p->who.image)
			return 0;
		fresh.who.build = p->who.build;
		fresh.who.image = new_image();
		fresh.root_mntns = p->root_mntns;
		fresh.mntns = (u64)BPF_CORE_READ(task, nsproxy, mnt_ns) != p->root_mntns;
		head(&e.h, EVENT_FORK, fresh.mntns, p->who);
		e.child = fresh.who.image;
		e.pid = tgid;
		e.start = task->start_boottime;
		emit(&e, sizeof(e));
		enter(tgid, &fresh);
		__sync_fetch_and_add(&adopted, 1);
	}
	send_adopted(task, &fresh);
	ended_already(task, fresh.who);
	return 0;
}

/* adopt_maps tells which files the adopted processes have mapped: libraries, and
 * what they read or write without a call that says so. */
SEC("iter/task_vma")
int adopt_maps(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct scratch *s = scratch_of(SLOT_ADOPT);
	struct access_event e = {};
	struct proc *p;
	u64 file;
	u32 tgid;

	if (!task || !vma || !s || task->pid != task->tgid)
		return 0;
	tgid = task->tgid;
	p = bpf_map_lookup_elem(&procs, &tgid);
	file = (u64)BPF_CORE_READ(vma, vm_file);
	if (!p || !p->adopted || !file || file == (u64)BPF_CORE_READ(task, mm, exe_file) ||
	    !describe_file(&s->object, file) || (s->object.mode & S_IFMT) != S_IFREG)
		return 0;
	e.kinds = ACCESS_MAP | ACCESS_READ;
	if ((BPF_CORE_READ(vma, vm_flags) & VM_SHARED) && (s->object.fmode & FMODE_WRITE))
		e.kinds |= ACCESS_WRITE;
	e.path = object_path(SLOT_ADOPT);
	head(&e.h, EVENT_ACCESS, ACCESS_BY_FD, p->who);
	emit(&e, sizeof(e));
	return 0;
}

#endif
