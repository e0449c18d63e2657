package dev.memux.netty;

import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/**
 * Accepted TCP connections of one event loop whose handshakes are under way, oldest first. When
 * there are too many, the oldest gives way to a newcomer: an honest client is through after a round
 * trip or two.
 */
final class TcpHandshakes {
  private final int max;
  private final SequencedSet<Channel> channels = new LinkedHashSet<>();

  TcpHandshakes(int max) {
    this.max = max;
  }

  void add(Channel channel) {
    if (channels.size() >= max) {
      channels.removeFirst().close();
    }
    channels.add(channel);
  }

  /** Its handshake is over, one way or the other. */
  void remove(Channel channel) {
    channels.remove(channel);
  }

  int size() {
    return channels.size();
  }
}
