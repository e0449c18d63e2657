package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the build has made of the demonstration site. */
final class EmbeddedSiteTest {
  private static byte[] read(String name) throws Exception {
    try (InputStream in = EmbeddedSite.class.getResourceAsStream("site/" + name)) {
      assertNotNull(in, name);
      return in.readAllBytes();
    }
  }

  private static Set<String> linked() throws Exception {
    String page = new String(read("index.html"), StandardCharsets.UTF_8);
    Matcher links = Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(page);
    Set<String> names = new TreeSet<>();
    while (links.find()) {
      names.add(links.group(1));
    }
    return names;
  }

  @Test
  void hasEverythingThatItsPageLinksToAndNothingElse() throws Exception {
    Set<String> names = linked();
    for (String name : names) {
      assertTrue(read(name).length > 100, name);
    }
    assertEquals(names.size() + 1, EmbeddedSite.load().size());
  }

  @Test
  void hasAFewDozenInterlacedPictures() throws Exception {
    Set<String> pictures = linked();
    pictures.removeIf(name -> !name.endsWith(".png"));
    assertTrue(pictures.size() >= 36, "only " + pictures.size());
    long total = 0;
    for (String name : pictures) {
      byte[] png = read(name);
      // PNG (Third Edition) §11.2.1: the interlace method is the last byte of IHDR.
      assertEquals(1, png[28], name + " shows a coarse whole early");
      assertTrue(png.length > 20_000 && png.length < 250_000, name + ": " + png.length);
      total += png.length;
    }
    assertTrue(total < 5_000_000, "the whole jar carries it: " + total);
  }
}
