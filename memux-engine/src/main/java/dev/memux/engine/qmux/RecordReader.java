package dev.memux.engine.qmux;

import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VarInt;
import org.jspecify.annotations.Nullable;

/**
 * Finds the records in what the layer below delivers, in pieces of any size (QMux §3.2). A record
 * that is there as a whole is handed on where it lies; only one that has come in part is copied, so
 * that at most one record is ever held.
 */
final class RecordReader {
  /** Takes the frames of each record. */
  interface Listener {
    /** The frames are {@code buffer[from, to)}, valid during the call. */
    void onRecord(byte[] buffer, int from, int to) throws ProtocolException;

    /** Whether further records matter. */
    boolean isReading();
  }

  private final int maxRecordBytes;
  private final RecordBuffers buffers;

  /** What has come of a Size field that is not whole yet. */
  private final byte[] size = new byte[Long.BYTES];

  private int sizeBytes;

  /** The frames of a record that is not whole yet; null: none is. */
  private byte @Nullable [] partial;

  private int partialBytes;
  private int recordBytes;

  RecordReader(int maxRecordBytes, RecordBuffers buffers) {
    this.maxRecordBytes = maxRecordBytes;
    this.buffers = buffers;
  }

  /** Takes {@code buffer[from, to)} in, which follows what came before. */
  void read(byte[] buffer, int from, int to, Listener listener) throws ProtocolException {
    int at = from;
    while (at < to && listener.isReading()) {
      if (partial != null) {
        at = fillPartial(partial, buffer, at, to, listener);
        continue;
      }
      at = readSize(buffer, at, to);
      if (recordBytes < 0) {
        return; // the size goes on in the next piece
      }
      if (recordBytes <= to - at) {
        listener.onRecord(buffer, at, at + recordBytes);
        at += recordBytes;
      } else {
        partial = takeBuffer();
        partialBytes = 0;
      }
    }
  }

  /** Takes one record in that the layer below has kept apart from others, without its size. */
  void readRecord(byte[] buffer, int from, int to, Listener listener) throws ProtocolException {
    checkSize(to - from);
    listener.onRecord(buffer, from, to);
  }

  private int fillPartial(byte[] record, byte[] buffer, int from, int to, Listener listener)
      throws ProtocolException {
    int length = Math.min(recordBytes - partialBytes, to - from);
    System.arraycopy(buffer, from, record, partialBytes, length);
    partialBytes += length;
    if (partialBytes == recordBytes) {
      try {
        listener.onRecord(record, 0, recordBytes);
      } finally {
        release();
      }
    }
    return from + length;
  }

  /**
   * Sets {@link #recordBytes} to the size of the next record, -1 while it is not whole.
   *
   * @return the index after what was read
   */
  private int readSize(byte[] buffer, int from, int to) throws ProtocolException {
    recordBytes = -1;
    int at = from;
    while (at < to) {
      size[sizeBytes++] = buffer[at++];
      if (sizeBytes == VarInt.sizeOf(size[0])) {
        sizeBytes = 0;
        recordBytes = checkSize(VarInt.read(size, 0));
        break;
      }
    }
    return at;
  }

  private int checkSize(long bytes) throws ProtocolException {
    if (bytes > maxRecordBytes) {
      // QMux §5.2: a record is buffered until it is whole, so its sender must not choose its size.
      throw new ProtocolException(
          TransportError.FRAME_ENCODING_ERROR, 0, "record of " + bytes + " bytes");
    }
    if (bytes == 0) {
      // QMux §3.2: a record has one frame or more, as a packet has (RFC 9000 §12.4).
      throw new ProtocolException(TransportError.PROTOCOL_VIOLATION, 0, "record without frames");
    }
    return (int) bytes;
  }

  private byte[] takeBuffer() throws ProtocolException {
    byte[] buffer = buffers.takeRecord();
    if (buffer == null) {
      // RFC 9000 §20.1: not the peer's fault, but we cannot go on.
      throw new ProtocolException(TransportError.INTERNAL_ERROR, 0, "no memory for a record");
    }
    return buffer;
  }

  /** Whether what has come ends with a part of a record. */
  boolean isInsideRecord() {
    return partial != null || sizeBytes > 0;
  }

  /** Frees all memory. */
  void release() {
    if (partial != null) {
      buffers.giveRecord(partial);
      partial = null;
    }
  }
}
