package graph

import "buildgraph/store"

// Event is one thing that happened in a build: see [store.Event].
type Event = store.Event

// EventKind says what sort of thing: see [store.EventKind].
type EventKind = store.EventKind

// The kinds of event, as package store explains them.
const (
	EventFork     = store.EventFork
	EventExec     = store.EventExec
	EventStat     = store.EventStat
	EventMiss     = store.EventMiss
	EventOpen     = store.EventOpen
	EventTruncate = store.EventTruncate
	EventCreate   = store.EventCreate
	EventWrite    = store.EventWrite
	EventRename   = store.EventRename
	EventExchange = store.EventExchange
	EventLink     = store.EventLink
	EventSymlink  = store.EventSymlink
	EventUnlink   = store.EventUnlink
	EventMkdir    = store.EventMkdir
	EventRmdir    = store.EventRmdir
	EventMknod    = store.EventMknod
	EventTouch    = store.EventTouch
	EventChmod    = store.EventChmod
	EventChown    = store.EventChown
	EventCopy     = store.EventCopy
	EventChdir    = store.EventChdir
	EventChroot   = store.EventChroot
	EventExit     = store.EventExit
)
