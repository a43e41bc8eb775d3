package store

import "strings"

// Format is the version of the trace format, kept in SQLite's user_version. It
// grows when a reader of the earlier format would misread the new one; new
// tables and new columns alone do not change it.
const Format = 1

// applicationID marks a SQLite file as a trace ("bgtr", big-endian, at byte 68
// of the file; PRAGMA application_id).
const applicationID = 0x62677472

// pageSize is the size of a database page, bytes. Larger pages write a little
// faster and make the trace of a tiny build, which has a page for every table
// and index, larger.
const pageSize = 8192

// tables is the schema. SQLite keeps the text with its comments, so that
// ".schema" in the sqlite3 shell explains the trace. docs/trace-format.md says
// more.
var tables = []string{
	`CREATE TABLE meta (                -- one row: the capture as a whole
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  tool      TEXT NOT NULL,          -- version of buildgraph that wrote this
  kernel    TEXT NOT NULL,          -- uname -r
  machine   TEXT NOT NULL,          -- uname -m
  host      TEXT NOT NULL,
  command   TEXT NOT NULL,          -- what was captured: JSON array of its arguments
  root      TEXT NOT NULL,          -- directory it was started in
  began     TEXT NOT NULL,          -- wall clock at time 0, ISO 8601
  boot_ns   INTEGER NOT NULL,       -- CLOCK_BOOTTIME at time 0
  uid       INTEGER NOT NULL,
  tag       TEXT NOT NULL,          -- environment variable that carries a recipe's target, '' when off
  ended     INTEGER NOT NULL,       -- ns; 0 when not finished
  exit_code INTEGER NOT NULL,       -- of the command; 128+n: killed by signal n
  finished  INTEGER NOT NULL,       -- 1: the capture ended in order
  complete  INTEGER NOT NULL,       -- 1: finished, nothing lost, nothing unseen
  why       TEXT NOT NULL,          -- why not complete: JSON array of sentences
  events    INTEGER NOT NULL,       -- received from the kernel
  lost      INTEGER NOT NULL,       -- emitted and not received
  folded    INTEGER NOT NULL,       -- duplicates folded in the kernel
  processes INTEGER NOT NULL,
  execs     INTEGER NOT NULL,
  files     INTEGER NOT NULL,
  accesses  INTEGER NOT NULL,
  annotated INTEGER NOT NULL        -- 1: recipe and recipe_process were filled in
) STRICT`,
	`CREATE TABLE file (                -- one name of one inode
  id   INTEGER PRIMARY KEY,
  path TEXT NOT NULL,               -- absolute, canonical, byte for byte
  dev  INTEGER,                     -- major << 20 | minor; NULL: no inode
  ino  INTEGER,
  gen  INTEGER,                     -- inode generation
  kind INTEGER NOT NULL             -- 0 unknown 1 file 2 directory 3 symlink 4 fifo 5 socket 6 char 7 block 8 pipe 9 anon 10 absent
) STRICT`,
	`CREATE TABLE argv (                -- argument vectors
  id      INTEGER PRIMARY KEY,
  command TEXT NOT NULL             -- quoted for a POSIX shell; reversible
) STRICT`,
	`CREATE TABLE env_var (             -- environment strings
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL                -- NAME=value
) STRICT`,
	`CREATE TABLE env (                 -- environments
  id        INTEGER PRIMARY KEY,
  vars      TEXT NOT NULL,          -- JSON array of env_var.id, in order
  target    TEXT,                   -- value of the variable meta.tag
  level     INTEGER NOT NULL,       -- MAKELEVEL
  tags      INTEGER NOT NULL,       -- 1: a make started with this names its recipes' targets
  jobserver TEXT                    -- of --jobserver-auth in MAKEFLAGS
) STRICT`,
	`CREATE TABLE process (
  id        INTEGER PRIMARY KEY,    -- not the pid, which can be reused
  parent    INTEGER REFERENCES process, -- NULL: root of the build
  forked_by INTEGER REFERENCES exec,    -- the parent's program image at the fork
  pid       INTEGER NOT NULL,
  start     INTEGER NOT NULL,       -- ns since the capture began, as all times
  end       INTEGER,                -- NULL: outlived the capture
  exit_code INTEGER,                -- NULL: did not exit by itself
  signal    INTEGER,                -- that killed it
  cpu       INTEGER NOT NULL,       -- ns, user and kernel, all threads
  max_rss   INTEGER NOT NULL,       -- bytes
  lost      INTEGER NOT NULL        -- events of it that were lost
) STRICT`,
	`CREATE TABLE exec (                -- one program image of a process
  id      INTEGER PRIMARY KEY,
  process INTEGER NOT NULL REFERENCES process,
  seq     INTEGER NOT NULL,         -- 0: the image it was forked with
  exe     INTEGER REFERENCES file,  -- the binary (of a script: its interpreter)
  script  INTEGER REFERENCES file,
  cwd     INTEGER REFERENCES file,
  argv    INTEGER REFERENCES argv,
  env     INTEGER REFERENCES env,
  start   INTEGER NOT NULL,
  end     INTEGER
) STRICT`,
	`CREATE TABLE access (              -- all that one exec did to one file
  id          INTEGER PRIMARY KEY,  -- in the order of writing
  exec        INTEGER NOT NULL REFERENCES exec,
  file        INTEGER NOT NULL REFERENCES file,
  kinds       INTEGER NOT NULL,     -- 1 read 2 write 4 create 8 truncate 16 map 32 execute 64 list 128 stat 256 absent 512 link 1024 late absent 2048 late create
  first       INTEGER NOT NULL,
  count       INTEGER NOT NULL DEFAULT 1,
  last        INTEGER,              -- NULL: the same as first
  first_read  INTEGER,              -- of content; NULL: none
  first_write INTEGER,
  last_write  INTEGER
) STRICT`,
	`CREATE TABLE exec_access (         -- the index from exec to access
  exec  INTEGER NOT NULL REFERENCES exec,
  first INTEGER NOT NULL REFERENCES access, -- every access from this id
  last  INTEGER NOT NULL REFERENCES access, -- to this one is of the exec
  PRIMARY KEY (exec, first)
) STRICT, WITHOUT ROWID`,
	`CREATE TABLE file_access (         -- the index from file to access
  file     INTEGER PRIMARY KEY REFERENCES file,
  accesses TEXT NOT NULL            -- JSON array of access.id
) STRICT`,
	fileWriteTable,
	`CREATE TABLE held (                -- descriptors open when an exec began
  exec  INTEGER NOT NULL REFERENCES exec,
  fd    INTEGER NOT NULL,
  file  INTEGER NOT NULL REFERENCES file,
  read  INTEGER NOT NULL,
  write INTEGER NOT NULL,
  PRIMARY KEY (exec, fd)
) STRICT, WITHOUT ROWID`,
	`CREATE TABLE op (                  -- changes to names, copies between files
  seq    INTEGER PRIMARY KEY,
  exec   INTEGER NOT NULL REFERENCES exec,
  time   INTEGER NOT NULL,
  kind   INTEGER NOT NULL,          -- 1 rename 2 exchange 3 link 4 symlink 5 unlink 6 mkdir 7 rmdir 8 mknod 9 truncate 10 touch 11 chmod 12 chown 13 copy 14 chdir 15 chroot
  file   INTEGER REFERENCES file,
  other  INTEGER REFERENCES file,
  detail TEXT
) STRICT`,
	`CREATE TABLE note (                -- what was not wholly seen
  id      INTEGER PRIMARY KEY,
  kind    TEXT NOT NULL,
  process INTEGER REFERENCES process,
  detail  TEXT NOT NULL,
  count   INTEGER NOT NULL
) STRICT`,
	`CREATE TABLE loss (                -- events that were lost, by class
  id    INTEGER PRIMARY KEY,
  class TEXT NOT NULL,
  count INTEGER NOT NULL
) STRICT`,
	`CREATE TABLE recipe (              -- one run of one recipe
  id     INTEGER PRIMARY KEY,
  tool   INTEGER REFERENCES process, -- the make (ninja, ...) that ran it
  target TEXT NOT NULL,             -- as that names it, relative to dir
  dir    TEXT NOT NULL,
  how    TEXT NOT NULL,             -- 'tag', 'output' or ''
  start  INTEGER NOT NULL,
  end    INTEGER NOT NULL
) STRICT`,
	`CREATE TABLE recipe_process (      -- the processes of a recipe
  process INTEGER PRIMARY KEY REFERENCES process,
  recipe  INTEGER NOT NULL REFERENCES recipe
) STRICT`,
}

// fileWriteTable is apart because the first traces of this format do not have it.
const fileWriteTable = `CREATE TABLE IF NOT EXISTS file_write ( -- the index from file to the accesses that wrote it
  file     INTEGER PRIMARY KEY REFERENCES file,
  accesses TEXT NOT NULL            -- JSON array of access.id
) STRICT`

// views are for people at the sqlite3 shell; the Reader does not use them.
var views = []string{
	`CREATE VIEW files AS
SELECT id, path,
  CASE kind WHEN 0 THEN 'unknown' WHEN 1 THEN 'file' WHEN 2 THEN 'directory' WHEN 3 THEN 'symlink'
    WHEN 4 THEN 'fifo' WHEN 5 THEN 'socket' WHEN 6 THEN 'char' WHEN 7 THEN 'block' WHEN 8 THEN 'pipe'
    WHEN 9 THEN 'anon' WHEN 10 THEN 'absent' END AS kind,
  dev >> 20 AS major, dev & 1048575 AS minor, ino, gen
FROM file`,
	`CREATE VIEW commands AS
SELECT exec.id AS exec, process.id AS process, process.pid, parent.pid AS ppid,
  exec.start / 1e9 AS start, (exec.end - exec.start) / 1e9 AS seconds,
  process.exit_code AS exit, process.signal, exe.path AS program, cwd.path AS cwd, argv.command
FROM exec JOIN process ON process.id = exec.process
LEFT JOIN process AS parent ON parent.id = process.parent
LEFT JOIN file AS exe ON exe.id = exec.exe
LEFT JOIN file AS cwd ON cwd.id = exec.cwd
LEFT JOIN argv ON argv.id = exec.argv`,
	`CREATE VIEW accesses AS
SELECT file.path,
  substr(iif(kinds & 1, ' read', '') || iif(kinds & 2, ' write', '') || iif(kinds & 4, ' create', '')
    || iif(kinds & 8, ' truncate', '') || iif(kinds & 16, ' map', '') || iif(kinds & 32, ' execute', '')
    || iif(kinds & 64, ' list', '') || iif(kinds & 128, ' stat', '') || iif(kinds & 256, ' absent', '')
    || iif(kinds & 512, ' link', ''), 2) AS kinds,
  access.count, first / 1e9 AS first, ifnull(last, first) / 1e9 AS last,
  process.pid, argv.command, access.exec, access.file
FROM access JOIN file ON file.id = access.file
LEFT JOIN exec ON exec.id = access.exec
LEFT JOIN process ON process.id = exec.process
LEFT JOIN argv ON argv.id = exec.argv`,
	`CREATE VIEW operations AS
SELECT op.seq, op.time / 1e9 AS time,
  CASE op.kind WHEN 1 THEN 'rename' WHEN 2 THEN 'exchange' WHEN 3 THEN 'link' WHEN 4 THEN 'symlink'
    WHEN 5 THEN 'unlink' WHEN 6 THEN 'mkdir' WHEN 7 THEN 'rmdir' WHEN 8 THEN 'mknod' WHEN 9 THEN 'truncate'
    WHEN 10 THEN 'touch' WHEN 11 THEN 'chmod' WHEN 12 THEN 'chown' WHEN 13 THEN 'copy' WHEN 14 THEN 'chdir'
    WHEN 15 THEN 'chroot' END AS operation,
  file.path, other.path AS other, op.detail, process.pid, argv.command, op.exec
FROM op LEFT JOIN file ON file.id = op.file
LEFT JOIN file AS other ON other.id = op.other
LEFT JOIN exec ON exec.id = op.exec
LEFT JOIN process ON process.id = exec.process
LEFT JOIN argv ON argv.id = exec.argv`,
}

// indexes are built when the trace is finished, in one pass each, which costs
// less than keeping them up to date while rows come in. For the access table
// even that is too dear; see accessIndex.
var indexes = []string{
	`CREATE INDEX file_path ON file (path)`,
	`CREATE INDEX file_inode ON file (ino, dev, gen)`,
	`CREATE INDEX process_parent ON process (parent)`,
	`CREATE INDEX exec_process ON exec (process, seq)`,
	`CREATE INDEX op_file ON op (file)`,
	`CREATE INDEX op_other ON op (other)`,
	`CREATE INDEX op_exec ON op (exec)`,
}

// recipeIndexes are built by Annotate.
var recipeIndexes = []string{
	`CREATE INDEX IF NOT EXISTS recipe_target ON recipe (target)`,
	`CREATE INDEX IF NOT EXISTS recipe_process_recipe ON recipe_process (recipe)`,
}

// tableNames are the tables that a Reader reads.
var tableNames = func() []string {
	var names []string
	for _, t := range tables {
		names = append(names, strings.Fields(strings.Replace(t, "IF NOT EXISTS ", "", 1))[2])
	}
	return names
}()
