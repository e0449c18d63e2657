package dev.memux.tls;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;

/** The NIST curves in use here, by their parameters. */
final class Curves {
  static final ECParameterSpec P256 = spec("secp256r1");
  static final ECParameterSpec P384 = spec("secp384r1");

  private Curves() {}

  static boolean isOn(ECParameterSpec curve, ECKey key) {
    ECParameterSpec params = key.getParams();
    return params.getCurve().equals(curve.getCurve())
        && params.getGenerator().equals(curve.getGenerator())
        && params.getOrder().equals(curve.getOrder());
  }

  private static ECParameterSpec spec(String name) {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(name));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK lacks the curve " + name, e);
    }
  }
}
