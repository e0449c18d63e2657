package dev.memux.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A run of a plain handshake does not pass for any other case: each judge sees what is not there.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class JudgeTest {
  private Path folder;
  private CaseRun plain;

  @BeforeAll
  void run(@TempDir Path shared) throws Exception {
    folder = shared;
    Peer memux = Peers.named(Peers.MEMUX);
    plain = new CaseRun(TestCase.HANDSHAKE, TestCase.HANDSHAKE.full(), memux, memux, 1, folder);
    Outcome outcome = plain.run();
    assertEquals(Outcome.Status.SUCCEEDED, outcome.status(), () -> outcome.reasons().toString());
  }

  @Order(1)
  @ParameterizedTest
  @CsvSource({
    "LONGRTT, ClientHello",
    "CHACHA20, cipher suites offered",
    "RETRY, no Retry",
    "RESUMPTION, 1 handshakes instead of 2",
    "RESUMPTION, sent a certificate: [true]",
    "ZERORTT, no 0-RTT packets",
    "KEYUPDATE, next key phase",
    "ECN, marked nothing",
    "ECN, no ACK with ECN counts",
    "AMPLIFICATIONLIMIT, the server's handshake has only",
    "IPV6, IPv4 packets",
    "V2, did not choose v2",
    "V2, client's Handshake packets",
    "REBIND_PORT, one path alone",
    "REBIND_ADDR, one address alone",
    "CONNECTIONMIGRATION, client used one path alone"
  })
  void aPlainHandshakeIsNoOtherCase(TestCase testCase, String fault) {
    List<String> faults = plain.faults(testCase);
    assertTrue(faults.stream().anyMatch(each -> each.contains(fault)), faults::toString);
  }

  @Order(2)
  @Test
  void aRunWithItsLimitOfStreamsPasses() {
    assertEquals(List.of(), plain.faults(TestCase.MULTIPLEXING));
  }

  @Order(3)
  @Test
  void aFileThatDiffersIsAFault() throws Exception {
    Files.write(folder.resolve("downloads").resolve("file0"), new byte[1024]);
    assertEquals(List.of("a file differs from what was served"), plain.faults(TestCase.HANDSHAKE));
    Files.delete(folder.resolve("downloads").resolve("file0"));
    assertEquals(List.of("0 files instead of 1"), plain.faults(TestCase.HANDSHAKE));
  }
}
