package dev.memux.tls;

import static dev.memux.tls.Messages.hex;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The simple 1-RTT handshake of RFC 8448 §3, message by message. */
class Rfc8448Test {
  private static final byte[] CLIENT_HELLO =
      hex(
          """
          010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef
          6283024dece7000006130113031302010000910000000b000900000673657276
          6572ff01000100000a00140012001d0017001800190100010101020103010400
          230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e
          51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603
          020308040805080604010501060102010402050206020202002d00020101001c
          00024001
          """);
  private static final byte[] PRE_SHARED_KEY =
      hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
  private static final byte[] SERVER_HELLO =
      hex(
          """
          020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155
          772ed3e2692800130100002e00330024001d0020c9828876112095fe66762bdb
          f7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304
          """);
  private static final byte[] SERVER_FLIGHT =
      hex(
          """
          080000240022000a00140012001d00170018001901000101010201030104001c
          00024001000000000b0001b9000001b50001b0308201ac30820115a003020102
          020102300d06092a864886f70d01010b0500300e310c300a0603550403130372
          7361301e170d3136303733303031323335395a170d3236303733303031323335
          395a300e310c300a0603550403130372736130819f300d06092a864886f70d01
          0101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c
          0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19e
          aa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e2
          2a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a
          8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304
          023000300b0603551d0f0404030205a0300d06092a864886f70d01010b050003
          81810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594
          365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd
          335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb
          2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b4
          2b4de100000f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f82
          4cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef78
          0c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671
          459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda
          65cdf5aea20d53dfacd42f74f3140000209b9b141d906337fbd2cbdce71df4de
          da4ab42c309572cb7fffee5454b78f0718
          """);
  private static final byte[] CLIENT_FINISHED =
      hex("14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61");
  private static final byte[] SHARED_SECRET =
      hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");

  private final CipherSuite suite = CipherSuite.TLS_AES_128_GCM_SHA256;
  private final Transcript transcript = new Transcript();
  private final KeySchedule keys = new KeySchedule(suite);

  @Test
  void keyScheduleFinishedAndSignatureAreThoseOfTheTrace() throws Exception {
    transcript.add(CLIENT_HELLO);
    transcript.begin(suite);
    transcript.add(SERVER_HELLO);
    assertArrayEquals(
        hex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"), transcript.hash());
    byte[] secret = SHARED_SECRET.clone();
    keys.onSharedSecret(secret, transcript.hash());
    assertArrayEquals(new byte[32], secret); // wiped
    assertArrayEquals(
        hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"),
        keys.clientHandshakeSecret());
    assertArrayEquals(
        hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"),
        keys.serverHandshakeSecret());

    List<byte[]> flight = Messages.split(SERVER_FLIGHT);
    transcript.add(flight.get(0));
    X509Certificate certificate = readCertificate(flight.get(1));
    transcript.add(flight.get(1));
    byte[] verify = flight.get(2);
    CertificateVerify.verify(
        Side.SERVER,
        new HandshakeReader(verify, 4, verify.length),
        certificate,
        transcript.hash(),
        HandshakeCrypto.JDK);
    // RFC 8446 §4.4.3: it must not pass as a client's.
    Alerts.assertAlert(
        AlertDescription.DECRYPT_ERROR,
        () ->
            CertificateVerify.verify(
                Side.CLIENT,
                new HandshakeReader(verify, 4, verify.length),
                certificate,
                transcript.hash(),
                HandshakeCrypto.JDK));
    transcript.add(verify);
    byte[] finished = flight.get(3);
    assertArrayEquals(finished, Finished.write(keys.serverFinished(transcript.hash())));
    transcript.add(finished);
    assertArrayEquals(
        hex("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13"), transcript.hash());

    keys.onServerFinished(transcript.hash());
    assertArrayEquals(
        hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"),
        keys.clientApplicationSecret());
    assertArrayEquals(
        hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"),
        keys.serverApplicationSecret());
    assertArrayEquals(CLIENT_FINISHED, Finished.write(keys.clientFinished(transcript.hash())));
    transcript.add(CLIENT_FINISHED);
    ResumptionSecret resumption = keys.resumptionSecret(transcript.hash());
    assertArrayEquals(PRE_SHARED_KEY, resumption.preSharedKey(new byte[2]));
    keys.destroy();
    assertArrayEquals(new byte[32], keys.serverApplicationSecret());
  }

  // RFC 8448 §4
  @Test
  void theBinderOfTheResumedHandshakeIsMadeAlike() {
    assertArrayEquals(
        hex("3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d"),
        KeySchedule.binder(
            suite,
            PRE_SHARED_KEY,
            hex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14")));
  }

  // RFC 8448 §4
  @Test
  void theSecretOfItsEarlyDataIsMadeAlike() {
    assertArrayEquals(
        hex("3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62"),
        KeySchedule.earlySecret(
            suite,
            PRE_SHARED_KEY,
            hex("08ad0fa05d7c7233b1775ba2ff9f4c5b8b59276b7f227f13a976245f5d960913")));
  }

  private static X509Certificate readCertificate(byte[] message) throws TlsAlertException {
    return CertificateMessage.readServers(new HandshakeReader(message, 4, message.length))
        .getFirst();
  }

  @Test
  void bothEndsAgreeOnTheSecretOfTheTrace() throws Exception {
    byte[] clientShare = hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c");
    byte[] serverShare = hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f");
    KeyExchange client =
        x25519("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005", clientShare);
    KeyExchange server =
        x25519("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e", serverShare);
    assertArrayEquals(clientShare, client.share());
    assertArrayEquals(SHARED_SECRET, client.agree(serverShare));
    assertArrayEquals(SHARED_SECRET, server.agree(clientShare));
  }

  private static KeyExchange x25519(String privateKey, byte[] share) throws Exception {
    KeyFactory factory = KeyFactory.getInstance("X25519");
    NamedParameterSpec curve = NamedParameterSpec.X25519;
    byte[] bigEndian = new byte[32];
    for (int i = 0; i < 32; i++) {
      bigEndian[i] = share[31 - i];
    }
    return new DiffieHellman(
        HandshakeCrypto.Curve.X25519,
        new JdkHandshakeCrypto.JdkAgreementKey(
            HandshakeCrypto.Curve.X25519,
            new KeyPair(
                factory.generatePublic(new XECPublicKeySpec(curve, new BigInteger(1, bigEndian))),
                factory.generatePrivate(new XECPrivateKeySpec(curve, hex(privateKey))))));
  }

  @Test
  void itsServerHelloIsReadAndWrittenAlike() throws Exception {
    ServerHello hello =
        ServerHello.read(
            new HandshakeReader(SERVER_HELLO, 4, SERVER_HELLO.length),
            new byte[0],
            EnumSet.of(ExtensionType.KEY_SHARE, ExtensionType.SUPPORTED_VERSIONS));
    assertFalse(hello.isRetryRequest());
    assertEquals(suite, hello.suite());
    assertEquals(0x001d, hello.group());
    byte[] ours =
        ServerHello.write(
            java.util.Arrays.copyOfRange(SERVER_HELLO, 6, 38),
            new byte[0],
            suite,
            NamedGroup.X25519,
            hello.keyShare(),
            hello.selectedPsk());
    assertEquals(SERVER_HELLO.length, ours.length); // the extensions in another order
    assertArrayEquals(java.util.Arrays.copyOf(SERVER_HELLO, 44), java.util.Arrays.copyOf(ours, 44));
  }

  @Test
  void itsClientHelloIsUnderstood() throws Exception {
    ClientHello hello = ClientHello.read(new HandshakeReader(CLIENT_HELLO, 4, CLIENT_HELLO.length));
    assertEquals("server", hello.serverName());
    for (CipherSuite offered : CipherSuite.values()) {
      assertTrue(hello.offers(offered));
    }
    assertTrue(hello.supports(NamedGroup.SECP256R1));
    assertEquals(1, hello.keyShareCount());
    assertArrayEquals(
        hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"),
        hello.keyShare(NamedGroup.X25519));
    assertEquals(List.of(), hello.applicationProtocols());
    assertEquals(null, hello.transportParameters());
  }
}
