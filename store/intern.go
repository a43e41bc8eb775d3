package store

import "hash/maphash"

// digest stands for a byte string: two independent 64-bit hashes with seeds
// drawn for this run. Keeping digests instead of the strings keeps interning
// small and, as the maps then hold no pointers, out of the garbage collector's
// way. Two of a billion strings share one with a probability below 1e-20.
type digest struct{ a, b uint64 }

type digester struct{ a, b maphash.Seed }

func newDigester() digester {
	return digester{maphash.MakeSeed(), maphash.MakeSeed()}
}

func (d digester) bytes(p []byte) digest {
	return digest{maphash.Bytes(d.a, p), maphash.Bytes(d.b, p)}
}

func (d digester) string(s string) digest {
	return digest{maphash.String(d.a, s), maphash.String(d.b, s)}
}

// fileKey is the digest of a path, moved by the inode in such a way that two
// inodes of one path never meet: device numbers have 32 bits.
func fileKey(path digest, dev, ino uint64, gen uint32, kind FileKind) digest {
	if ino == 0 {
		// No inode: the kind tells a name that was absent from one of which
		// nothing is known.
		return digest{path.a, path.b + 1<<63 + uint64(kind)}
	}
	return digest{path.a + ino, path.b + dev<<32 + uint64(gen)}
}

// splitBlock cuts a NUL-separated block, as the kernel keeps arguments and
// environment, into its strings. The NUL that ends the last one may be missing.
func splitBlock(block []byte, f func(item []byte)) {
	for start, i := 0, 0; ; i++ {
		if i == len(block) {
			if i > start {
				f(block[start:])
			}
			return
		}
		if block[i] == 0 {
			f(block[start:i])
			start = i + 1
		}
	}
}
