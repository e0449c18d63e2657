package dev.memux.engine.quic;

import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.ReservedParameter;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VersionInformation;
import dev.memux.tls.QuicTerms;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a server's handshake says of QUIC: it depends on what the client says of its versions. */
final class ServerTerms implements QuicTerms {
  private final ConnectionVersion version;
  private final QuicVersion begun;
  private final TransportParameters parameters;
  private final ReservedParameter reserved;

  /**
   * @param parameters all but the version
   */
  ServerTerms(ConnectionVersion version, TransportParameters parameters, RandomGenerator random) {
    this.version = version;
    this.begun = version.begun();
    this.parameters = parameters;
    this.reserved = ReservedParameter.random(random);
  }

  @Override
  public int clientVersion() {
    return begun.code();
  }

  @Override
  public byte[] earlyParameters() {
    return parameters.remembered().encode();
  }

  @Override
  public Answer answer(byte[] clientParameters) {
    QuicVersion chosen = version.answer(information(clientParameters));
    TransportParameters complete = parameters.withVersion(version.information(chosen));
    return new Answer(chosen.code(), reserved.appendTo(complete.encode()));
  }

  private static @Nullable VersionInformation information(byte[] clientParameters) {
    try {
      return TransportParameters.decode(clientParameters, false).versionInformation();
    } catch (ProtocolException e) {
      return null; // the connection reads them, too, and ends
    }
  }
}
