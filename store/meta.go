package store

import (
	"context"
	"strings"
	"time"
)

// metaColumns are the columns of meta in the order of writeMeta and readMeta.
const metaColumns = "tool, kernel, machine, host, command, root, began, boot_ns, uid, tag, ended, exit_code, " +
	"finished, complete, why, events, lost, folded, processes, execs, files, accesses, annotated"

const metaWidth = 23

// writeMeta puts the one row of meta in place, and that of machine.
func writeMeta(c conn, m Meta, annotated bool) error {
	s, err := c.prepare("INSERT OR REPLACE INTO meta (id, " + metaColumns + ") VALUES (1" + strings.Repeat(", ?", metaWidth) + ")")
	if err != nil {
		return err
	}
	defer s.Close()
	a := newArgs(metaWidth)
	for i, v := range []any{
		m.Tool, m.Kernel, m.Machine, m.Host, string(appendJSONStrings(nil, m.Command)), m.Root,
		m.Began.Format(time.RFC3339Nano), m.BootNS, int64(m.UID), m.Tag, m.Ended, int64(m.ExitCode),
		m.Finished, m.Complete, string(appendJSONStrings(nil, m.Why)), m.Events, m.Lost, m.Folded,
		m.Processes, m.Execs, m.Files, m.Accesses, annotated,
	} {
		switch v := v.(type) {
		case string:
			a.text(i, v)
		case int64:
			a.int(i, v)
		case bool:
			a.bool(i, v)
		}
	}
	if _, err = s.ExecContext(context.Background(), a.named); err != nil {
		return err
	}
	return writeMachine(c, m.Hardware)
}

// readMeta reads a row of metaColumns.
func readMeta(r *row) (m Meta, annotated bool) {
	m = Meta{
		Tool: r.text(0), Kernel: r.text(1), Machine: r.text(2), Host: r.text(3), Command: r.strings(4), Root: r.text(5),
		BootNS: r.int(7), UID: int(r.int(8)), Tag: r.text(9), Ended: r.int(10), ExitCode: int(r.int(11)),
		Finished: r.bool(12), Complete: r.bool(13), Why: r.strings(14), Events: r.int(15), Lost: r.int(16), Folded: r.int(17),
		Processes: r.int(18), Execs: r.int(19), Files: r.int(20), Accesses: r.int(21),
	}
	began, err := time.Parse(time.RFC3339Nano, r.text(6))
	if err != nil {
		r.wrong(6)
	}
	m.Began = began
	return m, r.bool(22)
}
