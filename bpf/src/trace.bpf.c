// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The kernel side of buildgraph: raw tracepoints with BTF, which need no
 * tracefs, no kprobes and no ftrace. Linux 5.17 (bpf_loop, bpf_find_vma).
 */
#include "maps.h"
#include "process.h"
#include "adopt.h"
#include "syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Solving for the kernel's dentry hash table takes a few dentries with their
 * hashes and the addresses that point to them: see bpf.DentryTable. */
struct sample {
	u64 hash_len;
	u64 pprev; /* &table[bucket], or the next field of another dentry */
	u64 parent;
	u64 computed; /* our hash of its name; equal to hash_len when we do it right */
};

/* Types that only travel: named here so that their description is kept for Go. */
#define WIRE(type, name) const type *wire_##name __attribute__((unused))
WIRE(enum event_type, event_type);
WIRE(enum path_flag, path_flag);
WIRE(enum exec_flag, exec_flag);
WIRE(enum text_kind, text_kind);
WIRE(enum text_flag, text_flag);
WIRE(enum note_kind, note_kind);
WIRE(enum access_flag, access_flag);
WIRE(enum call_op, call_op);
WIRE(enum follow, follow);
WIRE(struct header, header);
WIRE(struct path_head, path_head);
WIRE(struct text_head, text_head);
WIRE(struct fork_event, fork_event);
WIRE(struct exec_event, exec_event);
WIRE(struct exit_event, exit_event);
WIRE(struct cpu_event, cpu_event);
WIRE(struct access_event, access_event);
WIRE(struct held_event, held_event);
WIRE(struct op_event, op_event);
WIRE(struct note_event, note_event);

#define SAMPLES 64

struct sample samples[SAMPLES];
u32 sample_count;
u32 sampling; /* tgid whose opens are sampled */

SEC("tp_btf/sys_exit")
int BPF_PROG(sample_dentry, struct pt_regs *regs, long ret)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32, i, len;
	struct scratch *s = scratch_of(SLOT_SYSCALL);
	u64 file, mnt, dentry;

	if (!s || tgid != sampling || ret < 3 || ret > 1024)
		return 0;
	file = file_at(ret);
	if (!file)
		return 0;
	mnt = mount_of((u64)PEEK(struct file, file, f_path.mnt));
	if (!PEEK(struct mount, mnt, mnt_ns))
		return 0;
	i = __sync_fetch_and_add(&sample_count, 1);
	if (i >= SAMPLES)
		return 0;
	dentry = (u64)PEEK(struct file, file, f_path.dentry);
	samples[i].hash_len = PEEK(struct dentry, dentry, d_name.hash_len);
	samples[i].pprev = (u64)PEEK(struct dentry, dentry, d_hash.pprev);
	samples[i].parent = (u64)PEEK(struct dentry, dentry, d_parent);
	len = PEEK(struct dentry, dentry, d_name.len) & 255;
	bpf_probe_read_kernel(s->rest, len, PEEK(struct dentry, dentry, d_name.name));
	s->rest[len] = 0;
	samples[i].computed = component(SLOT_SYSCALL, 0, samples[i].parent);
	return 0;
}
