package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be asked of a gateway at the same time. */
@Timeout(120)
final class BackendOptionsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "--root=. --backend=http://localhost, only one of them can answer requests",
    "--backend=https://localhost, TLS to a backend is not supported",
    "--backend-timeout=3, there is no --backend that the options are for",
    "--backend=http://localhost --backend-timeout=0, must be above 0",
    "--backend=http://localhost --backend-connections=0, must be at least 1",
    "--cache=1MiB, there is no --root that the options are for",
    "--cache-files=1 --backend=http://localhost, there is no --root that the options are for",
    "--root=. --cache=1, '--cache ''1'' is not a size such as 64kB'",
    "--root=. --cache-files=-1, --cache-files must be at least 0",
    "--connect-limit=db=1, there is no --connect-allow or --connect-target",
    "--connect-allow=host, what may be reached is HOST:PORT",
    "--connect-target=db, a target is NAME=HOST:PORT",
    "--connect-target=db=localhost:1 --connect-limit=other=1, a limit for what cannot be reached",
    "--connect-target=db=localhost:1 --connect-limit=db=0, a limit is at least 1",
    "--connect-target=db=localhost:1 --connect-timeout=0, must be above 0",
  })
  void saysWhatDoesNotGoTogether(String options, String reason) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("gateway"));
    arguments.addAll(List.of(options.split(" ")));
    try (MemuxProcess gateway = MemuxProcess.start(folder, arguments, Map.of())) {
      assertEquals(2, gateway.awaitExit());
      assertTrue(gateway.errors().contains(reason), gateway.errors());
    }
  }
}
