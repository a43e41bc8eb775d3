/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The lives of processes: fork, exec, exit, and signals to the root. */
#ifndef BUILDGRAPH_PROCESS_H
#define BUILDGRAPH_PROCESS_H

#include "path.h"
#include "text.h"

#define AT_BASE 7
#define AUXV_PAIRS 26
#define FDS_MAX 4096
#define TASK_DEAD 0x80

static __always_inline u32 new_image(void)
{
	return __sync_fetch_and_add(&next_image, 1) + 1;
}

/* enter puts a process into the table. */
static __always_inline void enter(u32 tgid, struct proc *fresh)
{
	struct counts *c;
	struct losses *l;

	if (!bpf_map_update_elem(&procs, &tgid, fresh, BPF_ANY) || !fresh->who.image)
		return;
	c = counts_of_cpu();
	if (c)
		__sync_fetch_and_add(&c->full, 1);
	l = losses_of(fresh->who.build);
	if (l)
		__sync_fetch_and_add(&l->full, 1);
}

/* begin_build makes a process the root of a build and tells of it at once: who
 * waits for builds looks at the machine's clocks then. What is
 * remembered of names is let go of after that: so a build uses no path id that
 * was told before it began, and the capture can forget those when the builds
 * before it are over. cause is 1 more than the index of the trigger. */
static __always_inline void begin_build(struct task_struct *task, struct proc *fresh, u32 cause)
{
	struct fork_event e = {};
	struct mnt_namespace *ns = BPF_CORE_READ(task, nsproxy, mnt_ns);
	u32 tgid = task->tgid, elsewhere = own_mntns && BPF_CORE_READ(ns, ns.inum) != own_mntns;
	struct who nobody = {};

	fresh->who.build = __sync_fetch_and_add(&builds, 1) % 0xffff + 1;
	fresh->who.image = new_image();
	fresh->root_mntns = (u64)ns;
	nobody.build = fresh->who.build;
	head(&e.h, EVENT_FORK, elsewhere | cause << 1, nobody);
	e.child = fresh->who.image;
	e.pid = tgid;
	e.start = task->start_boottime;
	send_event(&e, sizeof(e), true);
	enter(tgid, fresh);
	__sync_fetch_and_add(&epoch, 1);
}

/* The child cannot run before this returns (kernel: kernel_clone calls the
 * tracepoint before wake_up_new_task), so none of its events can be missed. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 tgid = child->tgid, from = parent->tgid;
	struct fork_event e = {};
	struct proc *p, *known, fresh = {};

	if (child->pid != child->tgid)
		return 0; /* a thread: it is its leader */
	p = bpf_map_lookup_elem(&procs, &from);
	if (!p) {
		if (from != spawner)
			return 0;
		if (armed) {
			armed = 0;
			root_tgid = tgid;
			begin_build(child, &fresh, 0);
		} else if (watching) {
			/* a make of our own, asked for its rules: no trigger */
			enter(tgid, &fresh);
		}
		return 0;
	}
	if (!p->who.image) {
		enter(tgid, &fresh);
		return 0;
	}
	known = bpf_map_lookup_elem(&procs, &tgid);
	if (known && known->adopted)
		return 0; /* adopt_task was here first */
	fresh.who.build = p->who.build;
	fresh.who.image = new_image();
	fresh.program = p->program;
	fresh.root_mntns = p->root_mntns;
	fresh.mntns = (u64)BPF_CORE_READ(child, nsproxy, mnt_ns) != p->root_mntns;
	enter(tgid, &fresh);
	head(&e.h, EVENT_FORK, fresh.mntns, p->who);
	e.child = fresh.who.image;
	e.pid = tgid;
	e.start = child->start_boottime;
	emit(&e, sizeof(e));
	return 0;
}

struct vma_path {
	u64 dentry;
	u64 mnt;
};

static long interp_of_vma(struct task_struct *task, struct vm_area_struct *vma, void *arg)
{
	struct vma_path *out = arg;
	struct file *file = BPF_CORE_READ(vma, vm_file);

	if (file) {
		out->dentry = (u64)BPF_CORE_READ(file, f_path.dentry);
		out->mnt = (u64)BPF_CORE_READ(file, f_path.mnt);
	}
	return 0;
}

/* The dynamic linker that the kernel mapped, found where the auxiliary vector
 * says that it is. */
__noinline u32 interpreter(u32 slot)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 auxv = (u64)BPF_CORE_READ(task, mm) + bpf_core_field_offset(struct mm_struct, saved_auxv);
	struct vma_path found = {};
	u64 pair[2], base = 0;

	for (int i = 0; i < AUXV_PAIRS; i++) {
		if (bpf_probe_read_kernel(pair, sizeof(pair), (void *)(auxv + i * 16)) || !pair[0])
			break;
		if (pair[0] == AT_BASE) {
			base = pair[1];
			break;
		}
	}
	if (!base)
		return 0;
	bpf_find_vma(task, base, interp_of_vma, &found, 0);
	if (!found.dentry)
		return 0;
	return path_of(found.dentry, mount_of(found.mnt), slot);
}

struct fds {
	u64 word;  /* of the bitmap of open descriptors, what is left of it */
	u64 table; /* struct file ** */
	u64 bits;  /* the bitmap */
	u32 next;  /* first descriptor of the next word */
	u32 max;
	struct who who;
	u32 slot;
	u32 pad;
};

/* How many bits are set below the lowest one. */
static __always_inline u32 lowest_bit(u64 x)
{
	x = (x & -x) - 1;
	x -= (x >> 1) & 0x5555555555555555ull;
	x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (x * ONES) >> 56;
}

/* One descriptor, or one word of the bitmap. */
static long held_step(u32 i, void *arg)
{
	struct fds *f = arg;
	struct scratch *s = scratch_of(f->slot);
	struct held_event e = {};
	u64 file = 0;
	u16 type;

	if (!s)
		return 1;
	if (!f->word) {
		if (f->next >= f->max)
			return 1;
		bpf_probe_read_kernel(&f->word, 8, (void *)(f->bits + f->next / 8));
		f->next += 64;
		return 0;
	}
	e.fd = f->next - 64 + lowest_bit(f->word);
	f->word &= f->word - 1;
	bpf_probe_read_kernel(&file, 8, (void *)(f->table + e.fd * 8ull));
	if (!describe_file(&s->object, file))
		return 0;
	type = s->object.mode & S_IFMT;
	if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
		return 0;
	e.mode = s->object.fmode & 3;
	e.path = object_path(f->slot);
	head(&e.h, EVENT_HELD, 0, f->who);
	emit(&e, sizeof(e));
	return 0;
}

/* send_held tells which files, pipes and sockets an image has open, from its
 * files_struct. */
__noinline int send_held(u32 image, u32 build, u64 files, u32 slot)
{
	struct fds f = {.who = {.image = image, .build = build}, .slot = slot};
	struct files_struct *fs = (struct files_struct *)files;

	/* Linux before 6.7 verifies a callback once, with what its argument holds
	 * when the loop begins, and removes what cannot be reached from there: the
	 * first word must be one that the verifier does not know. */
	f.table = (u64)BPF_CORE_READ(fs, fdt, fd);
	f.bits = (u64)BPF_CORE_READ(fs, fdt, open_fds);
	f.max = BPF_CORE_READ(fs, fdt, max_fds);
	if (f.max > FDS_MAX)
		f.max = FDS_MAX;
	bpf_probe_read_kernel(&f.word, 8, (void *)f.bits);
	f.next = 64;
	bpf_loop(FDS_MAX + FDS_MAX / 64, held_step, &f, 0);
	return 0;
}

struct span {
	u64 at, end;
	struct who who;
	u32 kind;
	u32 slot;
};

static long span_step(u32 i, void *arg)
{
	struct span *sp = arg;
	struct text_event *t = bpf_map_lookup_elem(&texts, &sp->slot);
	u64 n = sp->end - sp->at;
	u16 flags = 0;

	if (!t)
		return 1;
	if (n > TEXT_MAX - 1) {
		n = TEXT_MAX - 1;
		flags |= TEXT_MORE;
	}
	n &= TEXT_MAX - 1;
	if (bpf_probe_read_user(t->text, n, (void *)sp->at)) {
		flags = TEXT_FAILED;
		n = 0;
	}
	head(&t->head.h, EVENT_TEXT, flags, sp->who);
	t->head.kind = sp->kind;
	t->head.len = n;
	emit(t, __builtin_offsetof(struct text_event, text) + n);
	sp->at += n;
	return flags != TEXT_MORE;
}

static __always_inline void send_span(u32 kind, struct who who, u64 from, u64 to, u32 slot)
{
	struct span sp = {.at = from, .end = to, .who = who, .kind = kind, .slot = slot};

	if (to < from)
		return;
	bpf_loop(1024, span_step, &sp, 0);
}

/* note_script keeps what tells the script's name among the arguments of its
 * interpreter, where sys_exit will look for it (script.h). */
static __always_inline void note_script(struct proc *p, u64 filename)
{
	struct scratch *s = scratch_of(SLOT_EXEC);
	long n;

	if (!s)
		return;
	n = bpf_probe_read_kernel_str(s->name, PATH_MAX, (void *)filename);
	if (n < 2 || n > PATH_MAX)
		return;
	hash_name(SLOT_EXEC, n < 256 ? n : 256);
	p->script[0] = s->hash[0];
	p->script[1] = s->hash[1];
}

/* triggered makes a build of the process that has just been executed by a name
 * that is waited for (kernel: begin_new_exec has set comm, padded with zeroes). */
static __always_inline struct proc *triggered(struct task_struct *task)
{
	struct proc fresh = {};
	u32 tgid = task->tgid;
	u64 name[2];

	if (bpf_probe_read_kernel(name, sizeof(name),
				  (void *)task + bpf_core_field_offset(struct task_struct, comm)))
		return NULL;
	for (u32 i = 0; i < TRIGGERS && i < trigger_count; i++) {
		if (name[0] != triggers[i].name[0] || name[1] != triggers[i].name[1])
			continue;
		begin_build(task, &fresh, i + 1);
		return bpf_map_lookup_elem(&procs, &tgid);
	}
	return NULL;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	u32 tgid = task->tgid;
	struct proc *p = bpf_map_lookup_elem(&procs, &tgid);
	struct exec_event e = {};
	struct mm_struct *mm;
	struct file *exe;

	if (!p && trigger_count)
		p = triggered(task);
	if (!p || !p->who.image)
		return 0;
	e.old = p->who.image;
	e.lost = p->lost;
	p->who.image = new_image();
	p->lost = 0;
	p->mntns = (u64)BPF_CORE_READ(task, nsproxy, mnt_ns) != p->root_mntns;
	mm = BPF_CORE_READ(task, mm);
	exe = BPF_CORE_READ(mm, exe_file);
	e.exe = path_of_file((u64)exe, SLOT_EXEC);
	e.interp = interpreter(SLOT_EXEC);
	e.cwd = path_of((u64)BPF_CORE_READ(task, fs, pwd.dentry),
			mount_of((u64)BPF_CORE_READ(task, fs, pwd.mnt)), SLOT_EXEC);
	p->script[0] = 0;
	if (BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename))
		note_script(p, (u64)BPF_CORE_READ(bprm, filename));
	e.pid = tgid;
	e.uid = BPF_CORE_READ(task, cred, uid.val);
	e.gid = BPF_CORE_READ(task, cred, gid.val);
	e.mntns = p->mntns;
	head(&e.h, EVENT_EXEC, 0, p->who);
	if (emit(&e, sizeof(e)))
		owe(e.old, e.lost);
	send_span(TEXT_ARGV, p->who, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end), SLOT_EXEC);
	send_span(TEXT_ENV, p->who, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end), SLOT_EXEC);
	send_held(p->who.image, p->who.build, (u64)BPF_CORE_READ(task, files), SLOT_EXEC);
	if (BPF_CORE_READ(task, files, fdt, max_fds) > FDS_MAX)
		note(p, NOTE_HELD, 0, FDS_MAX);
	return 0;
}

struct run_time {
	struct task_struct *leader;
	struct signal_struct *signal;
	u64 ns;
};

/* sum_step reads what a process has run, again while the kernel writes it. */
static long sum_step(u32 i, struct run_time *r)
{
	struct task_struct *leader = r->leader;
	struct signal_struct *signal = r->signal;
	u32 seq = BPF_CORE_READ(signal, stats_lock.seqcount.seqcount.sequence);
	u64 ns = BPF_CORE_READ(signal, sum_sched_runtime);

	if (BPF_CORE_READ(signal, nr_threads) > 0)
		ns += BPF_CORE_READ(leader, se.sum_exec_runtime);
	r->ns = ns;
	return !(seq & 1) && seq == BPF_CORE_READ(signal, stats_lock.seqcount.seqcount.sequence);
}

/* What a process has run: the sum of its threads that were reaped, and what the
 * others have. A thread other than the first reaps itself before its last context
 * switch; the first is reaped last, by a parent that may be on another CPU and as
 * quick. The kernel adds it to the sum and counts it out under stats_lock (kernel:
 * __exit_signal), so both are read while that is not written. */
static __always_inline u64 cpu_of(struct task_struct *task)
{
	struct run_time r = {
		.leader = BPF_CORE_READ(task, group_leader),
		.signal = BPF_CORE_READ(task, signal),
	};
	u64 own = 0;

	if (r.leader != task && BPF_CORE_READ(task, sighand))
		own = BPF_CORE_READ(task, se.sum_exec_runtime);
	bpf_loop(256, sum_step, &r, 0);
	return r.ns + own;
}

/* The last thread of a process ends it (kernel: do_exit counts signal->live
 * down before the tracepoint). Two that end at once both see zero; whoever
 * takes the entry away reports. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	u32 tgid = task->tgid;
	u64 key = (u64)task;
	struct exit_event e = {};
	struct who who;
	struct proc *p;

	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	p = bpf_map_lookup_elem(&procs, &tgid);
	if (!p)
		return 0;
	e.lost = p->lost;
	who = p->who;
	if (bpf_map_delete_elem(&procs, &tgid) || !who.image)
		return 0;
	head(&e.h, EVENT_EXIT, 0, who);
	e.pid = tgid;
	e.status = BPF_CORE_READ(task, signal, group_exit_code);
	if (!e.status)
		e.status = BPF_CORE_READ(task, exit_code);
	e.cpu = cpu_of(task);
	e.rss = BPF_CORE_READ(task, signal, maxrss);
	bpf_map_update_elem(&dying, &key, &who, BPF_ANY);
	if (emit(&e, sizeof(e)))
		owe(who.image, e.lost);
	return 0;
}

/* Run time is settled when a task leaves the CPU for good (kernel: put_prev_task
 * before the tracepoint); at exit it lacks what passed since the last tick. */
SEC("tp_btf/sched_switch")
int BPF_PROG(process_gone, bool preempt, struct task_struct *prev)
{
	u64 key = (u64)prev;
	struct cpu_event e = {};
	struct who *who;

	if (!(prev->__state & TASK_DEAD))
		return 0;
	who = bpf_map_lookup_elem(&dying, &key);
	if (!who)
		return 0;
	head(&e.h, EVENT_CPU, 0, *who);
	bpf_map_delete_elem(&dying, &key);
	e.cpu = cpu_of(prev);
	emit(&e, sizeof(e));
	return 0;
}

/* Which signals the root gets from others than us: a signal that was sent to
 * the whole group, or by a terminal, need not be passed on. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_sent, int sig, struct kernel_siginfo *info, struct task_struct *task)
{
	u32 key = sig;
	struct received *r;

	if (!root_tgid || task->tgid != root_tgid || bpf_get_current_pid_tgid() >> 32 == spawner)
		return 0;
	r = bpf_map_lookup_elem(&signals, &key);
	if (!r)
		return 0;
	r->time = bpf_ktime_get_boot_ns();
	__sync_fetch_and_add(&r->count, 1);
	return 0;
}

#endif
