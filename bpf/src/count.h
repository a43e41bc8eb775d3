/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Counting system calls. A call is counted when it returns to the program that
 * made it, under the number by which it was made. Most of it is known when the
 * call ends; what is not is noted when it begins.
 */
#ifndef BUILDGRAPH_COUNT_H
#define BUILDGRAPH_COUNT_H

#include "kernel.h"
#include "wire.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PROGRAMS 4096
#define COMM_LEN 16
#define SIGKILL_BIT (1ull << 8)
#define EINTR 4
#define MAX_ERRNO 4095

/* The capture puts its own in the place of this one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, struct proc);
} procs SEC(".maps");

/* Ids of programs by what the kernel calls them when they are executed. */
struct comm {
	char name[COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROGRAMS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct comm);
	__type(value, u32);
} programs SEC(".maps");

/* The processor is in the key and not the map a per-CPU one: that costs memory,
 * and time to make, for every processor that could exist. Only one run of the
 * program that counts can be under way on a processor, so nothing is atomic. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 14); /* the capture sets its own */
	__type(key, struct call_key);
	__type(value, struct call_count);
} call_counts SEC(".maps");

/* How a thread's call began. */
struct entry {
	u64 time; /* ns, CLOCK_MONOTONIC */
	u32 number;
	u32 compat;
	u32 open; /* 1: it has not ended yet */
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct entry);
} entries SEC(".maps");

const volatile u32 timed; /* 1: measure how long calls take */

u32 next_program;
u64 uncounted; /* calls that found no place in call_counts */
u64 untimed;   /* calls whose beginning could not be noted */

/* What the calls are called that this has to know. */
#if defined(__TARGET_ARCH_x86)
#define NR_clone 56
#define NR_fork 57
#define NR_vfork 58
#define NR_execve 59
#define NR_execveat 322
#define NR_rt_sigreturn 15
#define NR32_fork 2
#define NR32_execve 11
#define NR32_sigreturn 119
#define NR32_clone 120
#define NR32_rt_sigreturn 173
#define NR32_vfork 190
#define NR32_execveat 358
#elif defined(__TARGET_ARCH_arm64)
#define NR_clone 220
#define NR_execve 221
#define NR_execveat 281
#define NR_rt_sigreturn 139
#define NR32_fork 2
#define NR32_execve 11
#define NR32_sigreturn 119
#define NR32_clone 120
#define NR32_rt_sigreturn 173
#define NR32_vfork 190
#define NR32_execveat 387
#endif
#define NR_clone3 435 /* of all */

static __always_inline s32 call_number(struct pt_regs *regs, u32 *compat)
{
#if defined(__TARGET_ARCH_x86)
	struct task_struct *task = bpf_get_current_task_btf();

	*compat = !!(task->thread_info.status & 2); /* TS_COMPAT */
	return regs->orig_ax;
#else
	*compat = !!(regs->pstate & 0x10); /* PSR_MODE32_BIT */
	return regs->syscallno;
#endif
}

/* own_number takes off what tells x32 calls from those of amd64. */
static __always_inline s32 own_number(s32 number)
{
#if defined(__TARGET_ARCH_x86)
	return number < 0 ? number : number & ~0x40000000;
#else
	return number;
#endif
}

/* forgotten says whether a call's number is another one when it ends: an exec
 * ends as the execve of the new program's kind (kernel: set_personality_64bit,
 * __set_personality_ia32), a sigreturn has no number any more. */
static __always_inline bool forgotten(s32 number, u32 compat)
{
	if (compat)
		return number == NR32_execve || number == NR32_execveat ||
		       number == NR32_sigreturn || number == NR32_rt_sigreturn;
	return number == NR_execve || number == NR_execveat || number == NR_rt_sigreturn;
}

/* begins_child says whether a call that returns 0 has not been made by the
 * thread that it returns to. */
static __always_inline bool begins_child(s32 number, u32 compat)
{
	if (compat)
		return number == NR32_fork || number == NR32_vfork || number == NR32_clone ||
		       number == NR_clone3;
#ifdef NR_fork
	if (number == NR_fork || number == NR_vfork)
		return true;
#endif
	return number == NR_clone || number == NR_clone3;
}

/* cut_short says whether a call ended because its process does (kernel:
 * ERESTARTSYS 512 to ERESTART_RESTARTBLOCK 516): it never returns to the program. */
static __always_inline bool cut_short(struct task_struct *task, s64 ret)
{
	if (ret != -EINTR && (ret > -512 || ret < -516))
		return false;
	return BPF_CORE_READ(task, pending.signal.sig[0]) & SIGKILL_BIT;
}

static __always_inline struct proc *counted_proc(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&procs, &tgid);
}

/* A process has no program before its first exec: what our own child does until
 * then is none of the build's. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(program_begins, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	u32 tgid = task->tgid, id, *known;
	struct proc *p = bpf_map_lookup_elem(&procs, &tgid);
	struct comm comm = {};

	if (!p || !p->who.image)
		return 0;
	BPF_CORE_READ_STR_INTO(&comm.name, task, comm);
	known = bpf_map_lookup_elem(&programs, &comm);
	if (!known) {
		id = __sync_fetch_and_add(&next_program, 1) + 1;
		if (id < PROGRAM_OTHER)
			bpf_map_update_elem(&programs, &comm, &id, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&programs, &comm); /* another may have been first */
	}
	p->program = known ? *known : PROGRAM_OTHER;
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(call_begins, struct pt_regs *regs, long id)
{
	struct entry *e;
	u32 compat;
	s32 number;

	call_number(regs, &compat);
	number = own_number(id);
	if (!timed && !forgotten(number, compat))
		return 0;
	if (!counted_proc())
		return 0;
	e = bpf_task_storage_get(&entries, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!e) {
		__sync_fetch_and_add(&untimed, 1);
		return 0;
	}
	e->number = number;
	e->compat = compat;
	e->open = 1;
	if (timed)
		e->time = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void count_call(u32 program, s32 number, u32 compat, bool error, u64 ns)
{
	struct call_key key = {.number = number, .program = program};
	struct call_count fresh = {}, *c;

	key.where = bpf_get_smp_processor_id() & (CALL_COMPAT - 1);
	if (compat)
		key.where |= CALL_COMPAT;
	c = bpf_map_lookup_elem(&call_counts, &key);
	if (c) {
		c->calls++;
		c->errors += error;
		c->ns += ns;
		return;
	}
	fresh.calls = 1;
	fresh.errors = error;
	fresh.ns = ns;
	if (bpf_map_update_elem(&call_counts, &key, &fresh, BPF_NOEXIST))
		__sync_fetch_and_add(&uncounted, 1);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_ends, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct proc *p = counted_proc();
	struct entry *e = NULL;
	u64 ns = 0;
	u32 compat;
	s32 number;
	s64 result;

	if (!p || !p->program)
		return 0;
	number = own_number(call_number(regs, &compat));
	if (timed || number < 0 || forgotten(number, compat))
		e = bpf_task_storage_get(&entries, task, 0, 0);
	if (e && e->open) {
		number = e->number;
		compat = e->compat;
		e->open = 0;
		if (timed)
			ns = bpf_ktime_get_ns() - e->time;
	}
	result = compat ? (s32)ret : ret;
	if (number < 0 || (!result && begins_child(number, compat)) || cut_short(task, result))
		return 0;
	count_call(p->program, number, compat, result < 0 && result >= -MAX_ERRNO, ns);
	return 0;
}

#endif
