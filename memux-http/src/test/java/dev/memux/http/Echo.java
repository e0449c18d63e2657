package dev.memux.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;

/** Sends back what comes, and asks for more only while it can be sent. */
final class Echo {
  private Echo() {}

  /** Answers when all has come. */
  static void answerWhenComplete(ServerExchange exchange) {
    InboundBody in = exchange.requestBody();
    CompositeByteBuf all = Unpooled.compositeBuffer();
    in.listen(
        new BodyListener() {
          @Override
          public void onData(ByteBuf data) {
            all.addComponent(true, data);
            in.read();
          }

          @Override
          public void onEnd() {
            exchange.respond(ResponseHead.of(200), all);
          }

          @Override
          public void onFailure(HttpException failure) {
            all.release();
            exchange.reset(HttpErrorCode.REQUEST_CANCELLED);
          }
        });
    in.read();
  }

  static void answer(ServerExchange exchange) {
    OutboundBody out = exchange.respond(ResponseHead.of(200));
    InboundBody in = exchange.requestBody();
    out.onWritable(in::read);
    in.listen(
        new BodyListener() {
          @Override
          public void onData(ByteBuf data) {
            out.write(data);
            if (out.isWritable()) {
              in.read();
            }
          }

          @Override
          public void onEnd() {
            out.finish(in.trailers());
          }

          @Override
          public void onFailure(HttpException failure) {
            out.abort(HttpErrorCode.REQUEST_CANCELLED);
          }
        });
    in.read();
  }
}
