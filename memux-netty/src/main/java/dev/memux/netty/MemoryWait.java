package dev.memux.netty;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.mux.Mux;
import io.netty.channel.EventLoop;

/**
 * Has a connection, whose streams have found no memory, wait for what others hold; connections of
 * all loops are woken one after another. On the connection's event loop.
 */
final class MemoryWait {
  private final Runnable onRoom;
  private boolean waiting;

  /**
   * @param onRoom the connection, if it still lives, is to tell its streams and to have its turn
   */
  MemoryWait(Runnable onRoom) {
    this.onRoom = onRoom;
  }

  /** Waits, if there is something to wait for. */
  void update(Mux mux, MemoryBudget memory, EventLoop loop) {
    if (!waiting && mux.isAwaitingMemory()) {
      waiting = true;
      memory.awaitRoom(
          () ->
              loop.execute(
                  () -> {
                    waiting = false;
                    onRoom.run();
                    memory.wakeNext();
                  }));
    }
  }
}
