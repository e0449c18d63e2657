package dev.memux.sim.quic;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What simulated servers show: always the same, so that every run is, and of no value, as everybody
 * has the key.
 */
public final class SimulatedIdentity {
  /** The host that the certificate is for. */
  public static final String SERVER_NAME = "sim.example";

  private SimulatedIdentity() {}

  public static X509Certificate certificate() {
    try (InputStream pem = resource("identity.pem")) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static PrivateKey key() {
    try (InputStream pem = resource("identity.key")) {
      String text = new String(pem.readAllBytes(), StandardCharsets.US_ASCII);
      byte[] encoded = Base64.getMimeDecoder().decode(text.replaceAll("-----[A-Z ]+-----", ""));
      return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InputStream resource(String name) {
    @Nullable InputStream resource = SimulatedIdentity.class.getResourceAsStream(name);
    if (resource == null) {
      throw new IllegalStateException("no resource " + name);
    }
    return resource;
  }
}
