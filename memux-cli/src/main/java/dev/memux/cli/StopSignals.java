package dev.memux.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Ctrl-C, more than once: the JVM's own handling runs shutdown hooks at the first and ignores the
 * second. {@code sun.misc.Signal} tells of each, and is the only thing that does; it is reached by
 * reflection because javac warns of it without a way to say that it is meant.
 */
final class StopSignals {
  private StopSignals() {}

  /**
   * Calls back at each interrupt and request to terminate, on a thread of the JVM.
   *
   * @return false if this JVM cannot; its own handling remains
   */
  static boolean listen(Runnable listener) {
    boolean interrupts = listen("INT", listener);
    boolean terminations = listen("TERM", listener);
    return interrupts && terminations;
  }

  @SuppressWarnings("ReferenceEquality") // what equality means for a proxy is decided here
  private static boolean listen(String signalName, Runnable listener) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler calls =
          (proxy, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  listener.run();
                  yield null;
                }
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == arguments[0];
                default -> "stop signals";
              };
      Object proxy =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, calls);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(signalName), proxy);
      return true;
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}
