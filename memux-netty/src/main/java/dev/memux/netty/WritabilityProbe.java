package dev.memux.netty;

import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import java.nio.channels.WritableByteChannel;

/**
 * Asks a socket to say when it takes more, without a byte to give it. A socket that is written to
 * says "full" only at its send buffer's end; asked by poll, Linux says it as soon as {@code
 * TCP_NOTSENT_LOWAT} is reached, but event loops poll only for sockets that have refused a write.
 * So this stands in the queue of writes as a file of one byte that gives nothing when first asked,
 * whereupon the loop polls, and is done when asked again: the write of it succeeds when poll has
 * found the socket writable.
 */
final class WritabilityProbe extends AbstractReferenceCounted implements FileRegion {
  private boolean polled;
  private long transferred;

  @Override
  public long transferTo(WritableByteChannel target, long position) {
    if (!polled) {
      polled = true;
      return 0;
    }
    transferred = 1;
    return 1;
  }

  @Override
  public long count() {
    return 1;
  }

  @Override
  public long position() {
    return 0;
  }

  @Override
  public long transferred() {
    return transferred;
  }

  @Deprecated
  @Override
  public long transfered() {
    return transferred;
  }

  @Override
  public WritabilityProbe touch() {
    return this;
  }

  @Override
  public WritabilityProbe touch(Object hint) {
    return this;
  }

  @Override
  public WritabilityProbe retain() {
    super.retain();
    return this;
  }

  @Override
  public WritabilityProbe retain(int increment) {
    super.retain(increment);
    return this;
  }

  @Override
  protected void deallocate() {}
}
