package dev.memux.interop;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** The runner's test cases, with its files, its links and its criteria. */
enum TestCase {
  HANDSHAKE("H", "handshake", files(kb(1)), Judge::handshake),
  TRANSFER("DC", "transfer", files(mb(2), mb(3), mb(5)), Judge::transfer) {
    @Override
    Plan brief() {
      return new Plan(files(mb(1), mb(1), kb(512)), full().scenario());
    }
  },
  LONGRTT("LR", "handshake", files(kb(1)), Scenario.delay(750), Judge::longRtt),
  CHACHA20("C20", "chacha20", files(mb(3)), Judge::chacha20) {
    @Override
    Plan brief() {
      return new Plan(files(mb(1)), full().scenario());
    }
  },
  MULTIPLEXING("M", "transfer", Collections.nCopies(1999, 32), Judge::multiplexing),
  RETRY("S", "retry", files(kb(10)), Judge::retry),
  RESUMPTION("R", "resumption", files(kb(5), kb(10)), Judge::resumption),
  ZERORTT("Z", "zerortt", Collections.nCopies(Judge.EARLY_FILES, 32), Judge::zeroRtt) {
    @Override
    int nameLength() {
      return Judge.EARLY_NAME_LENGTH;
    }
  },
  HTTP3("3", "http3", files(kb(5), kb(10), kb(500)), Judge::transfer),
  BLACKHOLE(
      "B",
      "transfer",
      files(mb(10)),
      Scenario.delay(15).outages(Duration.ofSeconds(5), Duration.ofSeconds(2)),
      Judge::transfer) {
    @Override
    Plan brief() {
      return new Plan(
          files(mb(2)),
          Scenario.delay(15).outages(Duration.ofMillis(1500), Duration.ofMillis(1000)));
    }
  },
  KEYUPDATE("U", "transfer", files(mb(3)), Judge::keyUpdate) {
    @Override
    String clientCase() {
      return "keyupdate";
    }

    @Override
    Plan brief() {
      return new Plan(files(mb(1)), full().scenario());
    }
  },
  ECN("E", "ecn", files(kb(100)), Judge::ecn),
  AMPLIFICATIONLIMIT(
      "A",
      "transfer",
      files(kb(5)),
      Scenario.delay(15).droppingToServer(2, 3, 4, 5, 6, 7),
      Judge::amplificationLimit) {
    @Override
    int chainLength() {
      return 9;
    }
  },
  HANDSHAKELOSS(
      "L1",
      "multiconnect",
      Collections.nCopies(50, kb(1)),
      Scenario.delay(15).dropping(30),
      Judge::multiconnect) {
    @Override
    Duration limit() {
      return LOSS_LIMIT;
    }

    @Override
    Plan brief() {
      return new Plan(Collections.nCopies(10, kb(1)), full().scenario());
    }
  },
  TRANSFERLOSS("L2", "transfer", files(mb(2)), Scenario.delay(15).dropping(2), Judge::transfer),
  HANDSHAKECORRUPTION(
      "C1",
      "multiconnect",
      Collections.nCopies(50, kb(1)),
      Scenario.delay(15).corrupting(30),
      Judge::multiconnect) {
    @Override
    Duration limit() {
      return LOSS_LIMIT;
    }

    @Override
    Plan brief() {
      return new Plan(Collections.nCopies(10, kb(1)), full().scenario());
    }
  },
  TRANSFERCORRUPTION(
      "C2", "transfer", files(mb(2)), Scenario.delay(15).corrupting(2), Judge::transfer),
  IPV6("6", "transfer", files(kb(5), kb(10)), Judge::ipv6) {
    @Override
    String host() {
      return "::1";
    }
  },
  V2("V2", "v2", files(kb(1)), Judge::version2),
  REBIND_PORT(
      "BP",
      "transfer",
      files(mb(10)),
      Scenario.delay(15).rebinding(Duration.ofSeconds(1), Duration.ofSeconds(5), false),
      Judge::rebinding) {
    @Override
    Plan brief() {
      return new Plan(
          files(mb(2)),
          Scenario.delay(15).rebinding(Duration.ofSeconds(1), Duration.ofSeconds(1), false));
    }
  },
  REBIND_ADDR(
      "BA",
      "transfer",
      files(mb(10)),
      Scenario.delay(15).rebinding(Duration.ofSeconds(1), Duration.ofSeconds(5), true),
      Judge::addressRebinding) {
    @Override
    Plan brief() {
      return new Plan(
          files(mb(2)),
          Scenario.delay(15).rebinding(Duration.ofSeconds(1), Duration.ofSeconds(1), true));
    }
  },
  CONNECTIONMIGRATION("CM", "transfer", files(mb(2)), Judge::connectionMigration) {
    @Override
    String serverCase() {
      return "connectionmigration";
    }
  };

  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** For those that lose most of their packets. */
  private static final Duration LOSS_LIMIT = Duration.ofMinutes(5);

  private final String letter;
  private final String endpointCase;
  private final Plan plan;
  private final Consumer<Judge> judge;

  /**
   * How much, and over which network.
   *
   * @param files their sizes
   */
  record Plan(List<Integer> files, Scenario scenario) {}

  TestCase(String letter, String endpointCase, List<Integer> files, Consumer<Judge> judge) {
    this(letter, endpointCase, files, Scenario.delay(15), judge);
  }

  TestCase(
      String letter,
      String endpointCase,
      List<Integer> files,
      Scenario scenario,
      Consumer<Judge> judge) {
    this.letter = letter;
    this.endpointCase = endpointCase;
    this.plan = new Plan(files, scenario);
    this.judge = judge;
  }

  private static List<Integer> files(Integer... sizes) {
    return List.of(sizes);
  }

  private static int kb(int count) {
    return count << 10;
  }

  private static int mb(int count) {
    return count << 20;
  }

  /** What the runner calls it. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What it is called where there is little room. */
  String letter() {
    return letter;
  }

  /** What a client is told to do. */
  String clientCase() {
    return endpointCase;
  }

  /** What a server is told to do. */
  String serverCase() {
    return endpointCase;
  }

  /** As the runner has it. */
  Plan full() {
    return plan;
  }

  /** The same with less data, and a network that does things sooner. */
  Plan brief() {
    return plan;
  }

  /** How long all of it may take. */
  Duration limit() {
    return LIMIT;
  }

  int nameLength() {
    return 0;
  }

  /** Certificates that the server sends. */
  int chainLength() {
    return 1;
  }

  /** Where the server is. */
  String host() {
    return "127.0.0.1";
  }

  /** Has the judge look for what this case is about. */
  void judge(Judge by) {
    judge.accept(by);
  }
}
