package dev.memux.bench;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Lets everything pass: for channels whose handlers come from elsewhere, as HTTP/3's codec's do.
 */
@ChannelHandler.Sharable
final class Plain extends ChannelInboundHandlerAdapter {}
