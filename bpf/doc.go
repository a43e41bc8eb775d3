// Package bpf is the kernel side of a capture: the programs (in src, compiled
// and committed), the events they send, and what loads and attaches them.
//
// The programs are raw tracepoints with BTF (tp_btf): they need Linux 5.17,
// /sys/kernel/btf/vmlinux and the capabilities CAP_BPF and CAP_PERFMON, and
// neither a mounted tracefs nor kprobes nor ftrace.
package bpf

//go:generate go tool bpf2go -target amd64,arm64 -go-package bpf -output-dir . -type event_type -type header -type path_flag -type path_head -type fork_event -type exec_event -type exec_flag -type text_kind -type text_flag -type text_head -type exit_event -type cpu_event -type access_event -type access_flag -type held_event -type op_event -type note_kind -type note_event -type call_op -type follow trace src/trace.bpf.c -- -O2 -g -Wall -mcpu=v3 -Isrc
//go:generate go tool bpf2go -target amd64,arm64 -go-package bpf -output-dir . count src/count.bpf.c -- -O2 -g -Wall -mcpu=v3 -Isrc
