package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"buildgraph/graph"
)

// Perfetto writes a timeline as Perfetto's own protobuf trace, which ui.perfetto.dev
// and trace_processor open. Times are those of the kernel's boot clock, with the wall
// clock beside it. Bytes that are not UTF-8 are U+FFFD.
//
// Numbers of fields and values are those of protos/perfetto/trace in Perfetto's
// sources: trace.proto, trace_packet.proto, clock_snapshot.proto, track_event/
// {track_event,track_descriptor,counter_descriptor,debug_annotation}.proto.
func Perfetto(w io.Writer, x TimelineExport, _ Options) error {
	p := perfetto{w: w, base: x.BootNS}
	p.clocks(x.Capture)
	p.descriptors(x)
	p.events(x)
	if p.err != nil {
		return fmt.Errorf("writing the trace: %w", p.err)
	}
	return nil
}

// Fields of TracePacket and of what it holds.
const (
	tracePacket = 1 // of Trace

	packetClocks     = 6
	packetTimestamp  = 8
	packetSequence   = 10
	packetTrackEvent = 11
	packetFlags      = 13
	packetTrack      = 60

	trackUUID       = 1
	trackName       = 2
	trackParent     = 5
	trackCounter    = 8
	trackOrdering   = 11
	trackRank       = 12
	orderExplicit   = 3 // EXPLICIT
	counterUnitName = 6

	eventAnnotation = 4
	eventType       = 9
	eventTrack      = 11
	eventCategory   = 22
	eventName       = 23
	eventCounter    = 30
	eventFlow       = 47
	eventFlowEnds   = 48
	typeBegin       = 1 // TYPE_SLICE_BEGIN
	typeEnd         = 2
	typeCounter     = 4

	annotationInt  = 4
	annotationText = 6
	annotationName = 10

	sequenceCleared = 1 // SEQ_INCREMENTAL_STATE_CLEARED
	clockRealtime   = 1 // BUILTIN_CLOCK_REALTIME
	clockBoottime   = 6
)

// Identities of tracks. Lanes have the group's number in the upper half.
const (
	uuidRecipes   = recipeTracks
	uuidProcesses = processTracks
	uuidSlots     = 3
)

func laneUUID(group, lane int) uint64 { return uint64(group)<<32 | uint64(lane+1) }

// protoMessage is a protobuf message in the making.
type protoMessage []byte

func (m protoMessage) varint(field protowire.Number, v uint64) protoMessage {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), v)
}

func (m protoMessage) fixed64(field protowire.Number, v uint64) protoMessage {
	return protowire.AppendFixed64(protowire.AppendTag(m, field, protowire.Fixed64Type), v)
}

// text adds a string; the format's must be UTF-8.
func (m protoMessage) text(field protowire.Number, s string) protoMessage {
	s, _ = replaced(s)
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m protoMessage) message(field protowire.Number, v protoMessage) protoMessage {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), v)
}

type perfetto struct {
	w    io.Writer
	base int64 // added to every time
	err  error
	used bool
}

// packet writes one packet of our only sequence.
func (p *perfetto) packet(field protowire.Number, content protoMessage) {
	m := protoMessage{}.message(field, content).varint(packetSequence, 1)
	p.write(m)
}

func (p *perfetto) write(m protoMessage) {
	if !p.used {
		m = m.varint(packetFlags, sequenceCleared)
		p.used = true
	}
	if p.err == nil {
		_, p.err = p.w.Write(protoMessage{}.message(tracePacket, m))
	}
}

// clocks ties the boot clock to the wall clock.
func (p *perfetto) clocks(c graph.Capture) {
	clock := func(id, at int64) protoMessage {
		return protoMessage{}.varint(1, uint64(id)).varint(2, uint64(max(0, at)))
	}
	m := protoMessage{}.message(1, clock(clockBoottime, c.BootNS)).message(1, clock(clockRealtime, c.Began.UnixNano()))
	p.packet(packetClocks, m)
}

// descriptors name the tracks.
func (p *perfetto) descriptors(x TimelineExport) {
	track := func(uuid, parent uint64, name string, rank int) protoMessage {
		m := protoMessage{}.varint(trackUUID, uuid).text(trackName, name)
		if parent != 0 {
			m = m.varint(trackParent, parent)
		}
		return m.varint(trackRank, uint64(rank))
	}
	command, _ := replacedAll(x.Command)
	root := func(uuid uint64, name string) {
		p.packet(packetTrack, track(uuid, 0, name, int(uuid)).varint(trackOrdering, orderExplicit))
	}
	root(uuidRecipes, "recipes of "+strings.Join(command, " "))
	root(uuidProcesses, "processes")
	p.packet(packetTrack, track(uuidSlots, uuidRecipes, "job slots in use", 0).message(trackCounter, protoMessage{}.text(counterUnitName, "slots")))
	for _, g := range []struct{ group, lanes int }{{recipeTracks, x.Lanes}, {processTracks, x.ProcessLanes}} {
		for lane := range g.lanes {
			p.packet(packetTrack, track(laneUUID(g.group, lane), uint64(g.group), laneName(g.group, lane), lane+1))
		}
	}
}

// timed is an event with its time.
type timed struct {
	at    int64
	event protoMessage
}

// events writes all slices and counters in time order.
func (p *perfetto) events(x TimelineExport) {
	starts, ends := map[uint32][]uint64{}, map[uint32][]uint64{}
	for i, a := range arrows(x) {
		starts[a.from.Recipe] = append(starts[a.from.Recipe], uint64(i+1))
		ends[a.to.Recipe] = append(ends[a.to.Recipe], uint64(i+1))
	}
	var list []timed
	for _, g := range []struct {
		group, lanes int
		spans        []graph.Span
	}{{recipeTracks, x.Lanes, x.Recipes}, {processTracks, x.ProcessLanes, x.Processes}} {
		for _, e := range edges(g.spans, g.lanes) {
			s := g.spans[e.span]
			track := laneUUID(g.group, s.Lane)
			if !e.begin {
				list = append(list, timed{e.at, protoMessage{}.varint(eventType, typeEnd).varint(eventTrack, track)})
				continue
			}
			m := slice(s, track)
			if g.group == recipeTracks {
				for _, id := range starts[s.Recipe] {
					m = m.fixed64(eventFlow, id)
				}
				for _, id := range ends[s.Recipe] {
					m = m.fixed64(eventFlowEnds, id)
				}
			}
			list = append(list, timed{e.at, m})
		}
	}
	for _, l := range levels(x.Recipes) {
		list = append(list, timed{l.at, protoMessage{}.varint(eventType, typeCounter).varint(eventTrack, uuidSlots).varint(eventCounter, uint64(l.count))})
	}
	slices.SortStableFunc(list, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	for _, e := range list {
		p.write(protoMessage{}.varint(packetTimestamp, uint64(max(0, p.base+e.at))).message(packetTrackEvent, e.event).varint(packetSequence, 1))
	}
}

// slice is the beginning of a span.
func slice(s graph.Span, track uint64) protoMessage {
	m := protoMessage{}.varint(eventType, typeBegin).varint(eventTrack, track).text(eventName, s.Name)
	for _, c := range strings.Split(category(s), ",") {
		m = m.text(eventCategory, c)
	}
	for _, a := range arguments(s) {
		note := protoMessage{}.text(annotationName, a.name)
		if a.word {
			note = note.text(annotationText, a.text)
		} else {
			note = note.varint(annotationInt, uint64(a.num))
		}
		m = m.message(eventAnnotation, note)
	}
	return m
}
