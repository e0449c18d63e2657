package dev.memux.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** The script and the jars that it starts, as a build leaves them, with no cache yet. */
final class Installation {
  private final Path folder;

  private Installation(Path folder) {
    this.folder = folder;
  }

  /** Packs what the tests run with. */
  static Installation in(Path folder) throws IOException {
    Installation installation = new Installation(folder);
    Files.createDirectories(installation.built().resolve("lib"));
    Files.copy(Path.of("..", "memux"), installation.script(), StandardCopyOption.COPY_ATTRIBUTES);
    List<String> libraries = new ArrayList<>();
    Path own = null;
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (Files.exists(path.resolve("dev/memux/cli/Main.class"))) {
        own = path;
      } else if (Files.isDirectory(path) && !path.endsWith("test-classes")) {
        String name = path.getName(path.getNameCount() - 3) + ".jar"; // MODULE/target/classes
        pack(path, installation.built().resolve("lib").resolve(name), new Manifest());
        libraries.add("lib/" + name);
      } else if (Files.isRegularFile(path)) {
        Files.copy(path, installation.built().resolve("lib").resolve(path.getFileName()));
        libraries.add("lib/" + path.getFileName());
      }
    }
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, Main.class.getName());
    attributes.put(Attributes.Name.CLASS_PATH, String.join(" ", libraries));
    attributes.putValue("Enable-Native-Access", "ALL-UNNAMED");
    pack(own, installation.jar(), manifest);
    Files.createFile(installation.built().resolve("launcher.stamp"));
    return installation;
  }

  Path script() {
    return folder.resolve("memux");
  }

  Path jar() {
    return built().resolve("memux-cli.jar");
  }

  /** The cache, if there is one; never more. */
  List<Path> caches() throws IOException {
    try (Stream<Path> files = Files.list(built())) {
      return files.filter(file -> file.toString().endsWith(".aot")).toList();
    }
  }

  private Path built() {
    return folder.resolve("memux-cli/target");
  }

  private static void pack(Path classes, Path jar, Manifest manifest) throws IOException {
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, entries);
        entries.closeEntry();
      }
    }
  }
}
