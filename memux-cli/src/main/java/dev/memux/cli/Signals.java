package dev.memux.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * What an operator tells a process by signals. {@code sun.misc.Signal} is the only thing that hears
 * them; it is reached by reflection because javac warns of it without a way to say that it is
 * meant.
 */
final class Signals {
  private Signals() {}

  /**
   * Calls back at each interrupt (Ctrl-C) and request to terminate, on a thread of the JVM, whose
   * own handling would run shutdown hooks at the first and ignore the second.
   *
   * @return false if this JVM cannot; its own handling remains
   */
  static boolean onStop(Runnable listener) {
    boolean interrupts = listen("INT", listener);
    boolean terminations = listen("TERM", listener);
    return interrupts && terminations;
  }

  /**
   * Calls back at each SIGHUP, which asks a server to read its configuration again.
   *
   * @return false where there is no such signal, as on Windows
   */
  static boolean onReload(Runnable listener) {
    return listen("HUP", listener);
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
                default -> "signals";
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
