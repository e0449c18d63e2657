package dev.memux.engine.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.memux.engine.schedule.Priority;
import dev.memux.engine.stream.ChunkPool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StreamTableTest {
  private final Mux mux = new Mux(true, MuxConfig.DEFAULT, new ChunkPool());

  @Test
  void behavesAsAMap() {
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      StreamTable table = new StreamTable();
      Map<Long, MuxStream> model = new HashMap<>();
      List<Long> ids = new ArrayList<>();
      for (int step = 0; step < 2_000; step++) {
        if (ids.isEmpty() || random.nextInt(5) < (step < 1_000 ? 4 : 1)) {
          // IDs close together, as they are, and far apart.
          long id = random.nextBoolean() ? random.nextInt(4_000) : random.nextLong() >>> 2;
          if (model.containsKey(id)) {
            continue;
          }
          MuxStream stream = stream(id);
          table.add(stream);
          model.put(id, stream);
          ids.add(id);
        } else {
          Long id = ids.remove(random.nextInt(ids.size()));
          MuxStream removed = model.remove(id);
          table.remove(removed);
          assertNull(table.get(id));
        }
        assertEquals(model.size(), table.size());
        long some = random.nextInt(4_000);
        assertSame(model.get(some), table.get(some));
      }
      model.forEach((id, stream) -> assertSame(stream, table.get(id)));
      Set<MuxStream> seen = new HashSet<>();
      table.forEach(seen::add);
      assertEquals(new HashSet<>(model.values()), seen);
    }
  }

  @Test
  void aStreamMayBeRemovedWhileAllAreVisited() {
    StreamTable table = new StreamTable();
    for (int i = 0; i < 1_999; i++) {
      table.add(stream(4L * i));
    }
    table.forEach(table::remove);
    assertEquals(0, table.size());
  }

  private MuxStream stream(long id) {
    return new MuxStream(mux, id, null, null, Priority.DEFAULT);
  }
}
