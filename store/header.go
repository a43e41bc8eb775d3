package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// header is what the first 100 bytes of a SQLite file say
// (https://www.sqlite.org/fileformat2.html, "The Database Header").
type header struct {
	size        int64 // of the file, bytes
	pageSize    int64
	pages       int64 // 0: not known
	wal         bool  // read through a write-ahead log
	application uint32
	format      uint32 // user_version
}

const (
	sqliteMagic = "SQLite format 3\x00"
	headerSize  = 100
)

// errEmpty is a file of no bytes, as mktemp makes them.
var errEmpty = errors.New("it is empty")

// readHeader reads the header of the file at path. Its errors are those of the
// file system, errEmpty, and ErrForeign.
func readHeader(path string) (header, error) {
	info, err := os.Stat(path)
	if err != nil {
		return header{}, err
	}
	if !info.Mode().IsRegular() {
		// Not opened: a FIFO would wait for its other end.
		return header{}, foreign(path, "it is "+fileType(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return header{}, err
	}
	defer f.Close()
	var b [headerSize]byte
	n, err := io.ReadFull(f, b[:])
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return header{}, errEmpty
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return header{}, fmt.Errorf("reading %s: %w", path, err)
	case n < len(sqliteMagic) || string(b[:len(sqliteMagic)]) != sqliteMagic:
		return header{}, foreign(path, "it is not a SQLite database")
	case n < headerSize:
		return header{}, damaged(path, fmt.Sprintf("it ends after %d bytes", n), nil)
	}
	be := binary.BigEndian
	h := header{
		size:        info.Size(),
		pageSize:    int64(be.Uint16(b[16:])),
		wal:         b[19] == 2,
		application: be.Uint32(b[68:]),
		format:      be.Uint32(b[60:]),
	}
	if h.pageSize == 1 {
		h.pageSize = 65536
	}
	// The page count counts only when the version that wrote it also changed
	// the file last.
	if be.Uint32(b[24:]) == be.Uint32(b[92:]) {
		h.pages = int64(be.Uint32(b[28:]))
	}
	return h, nil
}

// IsTrace says whether there is a buildgraph trace at path: of whatever version, whole
// or not, finished or not. It reads the head of the file only.
func IsTrace(path string) bool {
	h, err := readHeader(path)
	return err == nil && h.application == applicationID
}

// checkTrace says whether the file with this header can be read as a trace. A
// file with a rollback journal was being changed: it may already say how long it
// was to become.
func (h header) checkTrace(path string, journal bool) error {
	switch {
	case h.application != applicationID:
		return foreign(path, "it is a SQLite database of something else")
	case h.format > Format:
		return newer(path, h.format)
	case h.format == 0:
		return damaged(path, "it has no format number", nil)
	case !h.wal && !journal && h.pages*h.pageSize > h.size:
		return damaged(path, fmt.Sprintf("it has %d of its %d bytes", h.size, h.pages*h.pageSize), nil)
	}
	return nil
}

func fileType(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
