/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sending events, and counting those that could not be sent. */
#ifndef BUILDGRAPH_EMIT_H
#define BUILDGRAPH_EMIT_H

#include "maps.h"

static __always_inline struct counts *counts_of_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline struct proc *current_proc(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct proc *p = bpf_map_lookup_elem(&procs, &tgid);

	return p && p->who.image ? p : NULL;
}

/* losses_of gives what was lost of a build; NULL when that cannot be kept. */
static __always_inline struct losses *losses_of(u32 build)
{
	struct losses *l = bpf_map_lookup_elem(&losses, &build);

	if (l)
		return l;
	bpf_map_update_elem(&losses, &build, (const void *)&no_losses, BPF_NOEXIST);
	return bpf_map_lookup_elem(&losses, &build);
}

/* owe keeps losses of an image that no event of its own will tell of. */
static __always_inline int owe(u32 image, u32 n)
{
	u32 *sum = bpf_map_lookup_elem(&unreported, &image);

	if (sum)
		__sync_fetch_and_add(sum, n);
	else if (n)
		bpf_map_update_elem(&unreported, &image, &n, BPF_ANY);
	return 0;
}

/* charge counts one lost event against the process that caused it, or the image
 * of the event when the process is no more in the table, and against the build. */
__noinline int charge(u32 image, u32 build, u32 type)
{
	struct proc *p = current_proc();
	struct losses *l;

	if (p)
		__sync_fetch_and_add(&p->lost, 1);
	else if (image)
		owe(image, 1);
	if (!build && p)
		build = p->who.build;
	l = losses_of(build);
	if (l)
		__sync_fetch_and_add(&l->events[type & 15], 1);
	return 0;
}

/* send_event sends size bytes, or charges the current process for their loss.
 * The counters are added to atomically: another program can run on this CPU in
 * between. */
static __always_inline int send_event(void *event, u64 size, bool at_once)
{
	struct header *h = event;
	struct counts *c = counts_of_cpu();
	u32 type = h->type & 15;
	u64 wake = BPF_RB_NO_WAKEUP;

	if (!c)
		return -1;
	__sync_fetch_and_add(&c->emitted[type], 1);
	if (at_once || bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > wake_at)
		wake = BPF_RB_FORCE_WAKEUP;
	if (!bpf_ringbuf_output(&events, event, size, wake))
		return 0;
	__sync_fetch_and_add(&c->lost[type], 1);
	charge(h->image, h->build, type);
	return -1;
}

/* emit sends an event that may wait in the ring with others. */
static __always_inline int emit(void *event, u64 size)
{
	return send_event(event, size, false);
}

static __always_inline void head(struct header *h, u8 type, u8 flags, struct who who)
{
	h->type = type;
	h->flags = flags;
	h->build = who.build;
	h->image = who.image;
	h->time = bpf_ktime_get_boot_ns();
}

/* Functions that are not inlined are verified once, by themselves; what they
 * are handed may be NULL for all they know. */
__noinline int note(struct proc *p, u32 kind, u32 path, s64 arg)
{
	struct note_event e = {};

	if (!p)
		return 0;
	head(&e.h, EVENT_NOTE, 0, p->who);
	e.kind = kind;
	e.path = path;
	e.arg = arg;
	return emit(&e, sizeof(e));
}

__noinline int op(struct proc *p, u32 kind, u32 path, u32 other, u32 arg)
{
	struct op_event e = {};

	if (!p || (!path && !other))
		return 0;
	head(&e.h, EVENT_OP, kind, p->who);
	e.path = path;
	e.other = other;
	e.arg = arg;
	return emit(&e, sizeof(e));
}

#endif
