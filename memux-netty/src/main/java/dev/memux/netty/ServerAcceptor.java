package dev.memux.netty;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;

/** Makes channels of the connections that peers open; shared by all loops of a server. */
final class ServerAcceptor implements UdpDriver.Acceptor {
  private final ChannelSetup connectionSetup;
  private final ChannelSetup streamSetup;

  /** Closes what is added after it was closed itself. */
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

  ServerAcceptor(ChannelSetup connectionSetup, ChannelSetup streamSetup) {
    this.connectionSetup = connectionSetup;
    this.streamSetup = streamSetup;
  }

  ChannelGroup connections() {
    return connections;
  }

  @Override
  public void onAccept(DrivenConnection driven) {
    MuxQuicChannel channel = newChannel(driven);
    driven.listener(channel.listener());
    register(channel);
  }

  /** Makes a channel of a connection, and returns what acts on its events. */
  ConnectionListener accept(Carrier carrier) {
    MuxQuicChannel channel = newChannel(carrier);
    register(channel);
    return channel.listener();
  }

  private MuxQuicChannel newChannel(Carrier carrier) {
    return new MuxQuicChannel(carrier.connection(), carrier, streamSetup, true, token -> {}, null);
  }

  private void register(MuxQuicChannel channel) {
    connections.add(channel);
    connectionSetup.apply(channel);
    channel.carrier().eventLoop().register(channel);
  }

  @Override
  public void onIdle(UdpDriver driver) {}
}
