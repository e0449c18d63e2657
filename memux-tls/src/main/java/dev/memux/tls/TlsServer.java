package dev.memux.tls;

import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/** One side of a handshake. */
public final class TlsServer implements TlsHandshake {
  public TlsServer(TlsServerConfig config, byte[] transportParameters, SecureRandom random) {}

  @Override
  public void start() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void receive(EncryptionLevel level, byte[] buffer, int offset, int length)
      throws TlsAlertException {
    throw new UnsupportedOperationException();
  }

  @Override
  public @Nullable TlsEvent pollEvent() {
    return null;
  }
}
