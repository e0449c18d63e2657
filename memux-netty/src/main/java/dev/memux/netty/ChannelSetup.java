package dev.memux.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.util.AttributeKey;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a bootstrap gives to each channel it makes: options, attributes and the first handler. */
final class ChannelSetup {
  private static final Logger log = LoggerFactory.getLogger(ChannelSetup.class);

  private final Map<ChannelOption<?>, Object> options = new LinkedHashMap<>();
  private final Map<AttributeKey<?>, Object> attributes = new LinkedHashMap<>();
  private @Nullable ChannelHandler handler;

  ChannelSetup() {}

  private ChannelSetup(ChannelSetup from) {
    options.putAll(from.options);
    attributes.putAll(from.attributes);
    handler = from.handler;
  }

  /** A copy that later changes to this one do not reach. */
  ChannelSetup snapshot() {
    return new ChannelSetup(this);
  }

  <T> void option(ChannelOption<T> option, @Nullable T value) {
    if (value == null) {
      options.remove(option);
    } else {
      options.put(option, value);
    }
  }

  <T> void attribute(AttributeKey<T> key, @Nullable T value) {
    if (value == null) {
      attributes.remove(key);
    } else {
      attributes.put(key, value);
    }
  }

  void handler(ChannelHandler value) {
    handler = value;
  }

  @Nullable ChannelHandler handler() {
    return handler;
  }

  void apply(Channel channel) {
    options.forEach((option, value) -> setOption(channel, option, value));
    attributes.forEach((key, value) -> setAttribute(channel, key, value));
    if (handler != null) {
      channel.pipeline().addLast(handler);
    }
  }

  @SuppressWarnings("unchecked") // option() put them in with the value's type
  private static void setOption(Channel channel, ChannelOption<?> option, Object value) {
    if (!channel.config().setOption((ChannelOption<Object>) option, value)) {
      log.warn("{} has no option {}", channel, option);
    }
  }

  @SuppressWarnings("unchecked") // attribute() put them in with the value's type
  private static void setAttribute(Channel channel, AttributeKey<?> key, Object value) {
    channel.attr((AttributeKey<Object>) key).set(value);
  }
}
