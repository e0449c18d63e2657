package dev.memux.netty;

import dev.memux.engine.packet.Aead;
import dev.memux.engine.packet.HeaderProtection;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.netty.crypto.CipherLibrary;
import dev.memux.tls.CipherSuite;
import org.jspecify.annotations.Nullable;

/** Of one event loop: has each key made by what {@link PacketCiphers} has chosen by then. */
final class ChosenProtection implements PacketProtection {
  private @Nullable CipherLibrary library;
  private PacketProtection current = PacketProtection.JDK;

  @SuppressWarnings("ReferenceEquality") // there is one of each
  private PacketProtection current() {
    CipherLibrary chosen = PacketCiphers.choice();
    if (chosen != library) {
      library = chosen;
      current = chosen == null ? PacketProtection.JDK : chosen.newProtection();
    }
    return current;
  }

  @Override
  public String name() {
    return current().name();
  }

  @Override
  public Aead sealing(CipherSuite suite, byte[] key, byte[] iv) {
    return current().sealing(suite, key, iv);
  }

  @Override
  public Aead opening(CipherSuite suite, byte[] key, byte[] iv) {
    return current().opening(suite, key, iv);
  }

  @Override
  public HeaderProtection headerProtection(CipherSuite suite, byte[] key) {
    return current().headerProtection(suite, key);
  }
}
