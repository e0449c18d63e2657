package dev.memux.engine.mux;

import dev.memux.engine.schedule.Entry;
import dev.memux.engine.schedule.Group;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.schedule.Scheduler;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How important streams are, as their receiver sees it: the STREAM_PRIORITY extension
 * (docs/stream-priority.md) in both directions, and the groups that streams are in.
 */
final class StreamPriorities {
  /**
   * Frames kept for streams that the peer has not opened yet, one a stream. Senders put the frame
   * before the stream's first bytes, so that only reordering makes use of this.
   */
  static final int MAX_EARLY = 256;

  private final Mux mux;
  private final boolean taken;
  private final Scheduler<Sender> scheduler;
  private final StreamTable streams;
  private final ControlQueue control;
  private final PeerEffort effort;
  private final PeerGroups peerGroups;
  private final Map<Long, ControlFrame.StreamPriority> early = new LinkedHashMap<>();
  private long groupsMade;

  /**
   * @param taken whether we have told the peer that we take such frames
   */
  StreamPriorities(
      Mux mux,
      boolean taken,
      Scheduler<Sender> scheduler,
      StreamTable streams,
      ControlQueue control,
      PeerEffort effort) {
    this.mux = mux;
    this.taken = taken;
    this.scheduler = scheduler;
    this.streams = streams;
    this.control = control;
    this.effort = effort;
    this.peerGroups = new PeerGroups(scheduler);
  }

  // What the application asks for.

  StreamGroup addGroup(int weight) {
    return new StreamGroup(scheduler, ++groupsMade, weight);
  }

  /** Puts a stream into a group; null: into none. What the peer was asked is kept in step. */
  void enter(MuxStream stream, @Nullable StreamGroup group) {
    StreamGroup before = stream.group();
    if (group == before) {
      return;
    }
    StreamSharing sharing = stream.sharing();
    Group scheduled = group == null ? scheduler.defaultGroup() : group.scheduled();
    if (stream.entry != null) {
      scheduler.move(stream.entry, scheduled);
    }
    sharing.group = group;
    leave(before, sharing);
    if (sharing.requested != null) {
      renew(stream, sharing);
    }
  }

  /** Asks the peer to send its direction with another priority. */
  void request(MuxStream stream, Priority priority) {
    StreamSharing sharing = stream.sharing();
    if (!priority.equals(sharing.requested)) {
      sharing.requested = priority;
      renew(stream, sharing);
    }
  }

  private void renew(MuxStream stream, StreamSharing sharing) {
    sharing.requestedSequence++;
    makeDue(stream);
  }

  /**
   * Has the present request sent. A stream that the peer does not know of yet takes it along with
   * its first bytes: earlier the peer would have to keep it.
   */
  void makeDue(MuxStream stream) {
    stream.pendingControl |= ControlQueue.STREAM_PRIORITY;
    if (!isUnheardOf(stream)) {
      control.add(stream, ControlQueue.STREAM_PRIORITY);
    }
  }

  private boolean isUnheardOf(MuxStream stream) {
    return mux.isLocal(stream.id()) && stream.send() != null && stream.send().isUntouched();
  }

  // What leaves.

  /**
   * Writes what is due for a stream.
   *
   * @return false: it did not fit
   */
  boolean write(MuxStream stream, FrameWriter writer, SentFrames sent) {
    StreamSharing sharing = stream.sharing;
    if ((stream.pendingControl & ControlQueue.STREAM_PRIORITY) == 0 || sharing == null) {
      return true;
    }
    Priority priority = sharing.requested;
    boolean useful =
        stream.recv() != null && !stream.recv().isAllReceived() && !stream.recv().isOver();
    if (priority != null && useful && mux.canRequestPriority()) {
      StreamGroup group = sharing.group;
      long sequence = sharing.requestedSequence;
      if (!writer.streamPriority(
          stream.id(),
          sequence,
          priority.urgency(),
          priority.incremental(),
          group == null ? 0 : group.id())) {
        return false;
      }
      sent.add(SentFrames.Kind.STREAM_PRIORITY, stream.id(), sequence);
    }
    stream.pendingControl &= ~ControlQueue.STREAM_PRIORITY;
    return true;
  }

  /** A frame was lost: the present value goes again, unless a later frame has it already. */
  void onLost(long id, long sequence) {
    MuxStream stream = streams.get(id);
    if (stream != null && stream.sharing != null && stream.sharing.requestedSequence == sequence) {
      makeDue(stream);
    }
  }

  // What the peer asks for.

  void onFrame(ControlFrame.StreamPriority frame) throws ProtocolException {
    if (!taken) {
      // docs/stream-priority.md §2: to who has not announced the extension the type is unknown.
      long code = TransportError.FRAME_ENCODING_ERROR;
      throw new ProtocolException(code, frame.type().code(), "STREAM_PRIORITY not announced");
    }
    long id = frame.streamId();
    if (!mux.isLocal(id) && StreamType.of(id) == StreamType.UNIDIRECTIONAL) {
      // docs/stream-priority.md §4: there is nothing that we could send with that priority.
      throw IncomingFrames.stateError(id, frame.type(), "is receive-only");
    }
    MuxStream stream = streams.get(id);
    if (stream != null) {
      apply(stream, frame);
    } else if (isStillToCome(id)) {
      keep(frame);
    } else {
      effort.onLateFrame(frame.type());
    }
  }

  private boolean isStillToCome(long id) throws ProtocolException {
    StreamIds ids = mux.ids(StreamType.of(id));
    if (!mux.isLocal(id)) {
      ids.checkRemote(id, FrameType.STREAM_PRIORITY);
      return id >= ids.nextRemote();
    }
    if (!ids.isLocalOpened(id)) {
      // docs/stream-priority.md §4, as in RFC 9000 §19.5: we have not opened it, who talks of it
      // makes it up.
      throw IncomingFrames.stateError(id, FrameType.STREAM_PRIORITY, "is not open");
    }
    return false;
  }

  /**
   * For a stream that is not open. It does not open it: there may never be anything else on it, and
   * the application would wait.
   */
  private void keep(ControlFrame.StreamPriority frame) throws ProtocolException {
    ControlFrame.StreamPriority before = early.get(frame.streamId());
    if (before != null || early.size() >= MAX_EARLY) {
      // Like PRIORITY_UPDATE (RFC 9218 §11): what costs memory before there is a stream is bounded.
      effort.onIdleFrame(frame.type());
    }
    if (before == null ? early.size() < MAX_EARLY : frame.sequence() > before.sequence()) {
      early.put(frame.streamId(), frame);
    }
  }

  /** The peer has opened a stream. */
  void onOpened(MuxStream stream) throws ProtocolException {
    ControlFrame.StreamPriority kept = early.isEmpty() ? null : early.remove(stream.id());
    if (kept != null) {
      apply(stream, kept);
    }
  }

  private void apply(MuxStream stream, ControlFrame.StreamPriority frame) throws ProtocolException {
    Entry<Sender> entry = stream.entry;
    StreamSharing sharing = stream.sharing();
    boolean first = sharing.receivedSequence == StreamSharing.NONE;
    if (!first) {
      // A stream may come with a priority; what follows is paid for like all that brings no data.
      effort.onIdleFrame(frame.type());
    }
    if (frame.sequence() <= sharing.receivedSequence || entry == null) {
      return; // overtaken by a later one
    }
    sharing.receivedSequence = frame.sequence();
    scheduler.prioritize(entry, new Priority(frame.urgency(), frame.incremental()));
    // A group of this end's is local policy: a peer does not take a stream out of it.
    if (sharing.group == null && sharing.peerGroup != frame.groupId()) {
      long before = sharing.peerGroup;
      long named = peerGroups.has(frame.groupId()) ? frame.groupId() : 0;
      scheduler.move(entry, named == 0 ? scheduler.defaultGroup() : peerGroups.group(named));
      sharing.peerGroup = named;
      peerGroups.onLeft(before);
    }
  }

  /** A stream is over, and has left the scheduler. */
  void onClosed(MuxStream stream) {
    if (stream.sharing != null) {
      leave(stream.sharing.group, stream.sharing);
    }
  }

  /** It is not any more where it was. */
  private void leave(@Nullable StreamGroup group, StreamSharing sharing) {
    if (group != null) {
      group.onLeft();
    }
    if (sharing.peerGroup != 0) {
      peerGroups.onLeft(sharing.peerGroup);
      sharing.peerGroup = 0;
    }
  }

  int earlyCount() {
    return early.size();
  }

  PeerGroups peerGroups() {
    return peerGroups;
  }
}
