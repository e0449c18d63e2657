package dev.memux.http.guide;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Code that a document shows, and the regions of a source file that it comes from. */
final class ShownCode {
  /** A Java block, with the name that the comment before it gives. */
  private static final Pattern BLOCK =
      Pattern.compile("(?:<!-- example: (\\S+) -->\n)?```java\n(.*?)```", Pattern.DOTALL);

  private static final Pattern REGION =
      Pattern.compile("// region (\\S+)\n(.*?)\n *// endregion", Pattern.DOTALL);

  private ShownCode() {}

  /** Fails unless the document shows all regions of that class, as they are, and nothing else. */
  static void assertComesFrom(Class<?> examples, Path document) throws IOException {
    Path source = Path.of("src/test/java", examples.getName().replace('.', '/') + ".java");
    Map<String, String> regions = new LinkedHashMap<>();
    Matcher region = REGION.matcher(Files.readString(source));
    while (region.find()) {
      regions.put(region.group(1), region.group(2).stripTrailing().stripIndent().strip());
    }
    Set<String> shown = new HashSet<>();
    Matcher block = BLOCK.matcher(Files.readString(document));
    while (block.find()) {
      assertNotNull(block.group(1), "a block without a name: " + block.group(2));
      assertEquals(regions.get(block.group(1)), block.group(2).strip(), block.group(1));
      shown.add(block.group(1));
    }
    assertEquals(regions.keySet(), shown);
  }
}
