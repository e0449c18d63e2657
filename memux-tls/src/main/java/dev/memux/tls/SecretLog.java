package dev.memux.tls;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Writes one connection's secrets to a {@link KeyLog} in its format (RFC 9850 §2). */
final class SecretLog {
  private final @Nullable KeyLog keyLog;
  private final byte[] clientRandom;

  SecretLog(@Nullable KeyLog keyLog, byte[] clientRandom) {
    this.keyLog = keyLog;
    this.clientRandom = clientRandom;
  }

  void early(byte[] clientEarlySecret) {
    if (keyLog != null) {
      log(keyLog, "CLIENT_EARLY_TRAFFIC_SECRET", clientEarlySecret);
    }
  }

  void handshake(KeySchedule schedule) {
    if (keyLog != null) {
      log(keyLog, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", schedule.clientHandshakeSecret());
      log(keyLog, "SERVER_HANDSHAKE_TRAFFIC_SECRET", schedule.serverHandshakeSecret());
    }
  }

  void application(KeySchedule schedule) {
    if (keyLog != null) {
      log(keyLog, "CLIENT_TRAFFIC_SECRET_0", schedule.clientApplicationSecret());
      log(keyLog, "SERVER_TRAFFIC_SECRET_0", schedule.serverApplicationSecret());
    }
  }

  private void log(KeyLog to, String label, byte[] secret) {
    HexFormat hex = HexFormat.of();
    to.log(label + " " + hex.formatHex(clientRandom) + " " + hex.formatHex(secret));
  }
}
