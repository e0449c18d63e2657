import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * Draws the pictures of the demonstration site, compresses its texts and lists its resources. The
 * build runs it; nothing of it is shipped. The pictures are interlaced, so that a browser shows a
 * coarse whole early, and the same on every machine.
 *
 * <p>Arguments: this file, the folder of the hand-written resources, the folder to write to.
 */
final class GenerateSite {
  private static final int HEROES = 4;
  private static final int TILES = 36;

  private static final int[][] PALETTES = {
    {0x10233f, 0x1b4965, 0x5ed4c8, 0xffb454, 0xf2719a},
    {0x2b193d, 0x5b2a86, 0x9a4fb8, 0xf7a072, 0xffe5a9},
    {0x0b3d3a, 0x14746f, 0x56ab91, 0xbfd8a0, 0xfef9c7},
    {0x3d1a2b, 0x8c2f39, 0xd8572a, 0xf7b538, 0xfcefb4},
    {0x141e46, 0x27548a, 0x60a3d9, 0xbfd7ed, 0xffe8d6},
    {0x232b2b, 0x4f6d57, 0x8fb996, 0xd9c89e, 0xe26d5a},
  };

  private GenerateSite() {}

  public static void main(String[] args) throws IOException {
    System.setProperty("java.awt.headless", "true");
    Path source = Path.of(args[0]);
    Path written = Path.of(args[1]);
    Path out = Path.of(args[2]);
    Path contents = out.resolve("contents.txt");
    if (isCurrent(contents, source, written)) {
      return;
    }
    Path pictures = Files.createDirectories(out.resolve("img"));
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= HEROES; i++) {
      String name = "hero-" + i + ".png";
      write(picture(520, 340, i, i), pictures.resolve(name));
      names.add("img/" + name);
    }
    for (int i = 1; i <= TILES; i++) {
      String name = String.format("tile-%02d.png", i);
      write(picture(360, 240, i + i / 6, 100 + i), pictures.resolve(name));
      names.add("img/" + name);
    }
    for (Path file : list(written)) {
      String name = file.getFileName().toString();
      names.add(name);
      compress(file, out.resolve(name + ".gz"));
    }
    Collections.sort(names);
    Files.write(contents, names); // last: its time says that all the others are there
  }

  private static boolean isCurrent(Path contents, Path source, Path written) throws IOException {
    if (!Files.exists(contents)) {
      return false;
    }
    FileTime made = Files.getLastModifiedTime(contents);
    return Stream.concat(Stream.of(source, written), list(written).stream())
        .allMatch(input -> modified(input).compareTo(made) < 0);
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static void compress(Path file, Path target) throws IOException {
    try (OutputStream out = Files.newOutputStream(target);
        GZIPOutputStream gzip =
            new GZIPOutputStream(out) {
              {
                def.setLevel(Deflater.BEST_COMPRESSION);
              }
            }) {
      Files.copy(file, gzip);
    }
  }

  private static FileTime modified(Path path) {
    try {
      return Files.getLastModifiedTime(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BufferedImage picture(int width, int height, int style, long seed) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    Random random = new Random(seed * 7919);
    int[] palette = PALETTES[(int) (seed % PALETTES.length)];
    g.setPaint(
        new GradientPaint(0, 0, new Color(palette[1]), width, height, new Color(palette[0])));
    g.fillRect(0, 0, width, height);
    switch (style % 4) {
      case 1 -> hills(g, width, height, palette, random);
      case 2 -> streams(g, width, height, palette, random);
      case 3 -> bubbles(g, width, height, palette, random);
      default -> rings(g, width, height, palette, random);
    }
    g.dispose();
    grain(image, random);
    return image;
  }

  /** Ranges of hills, the nearer the darker, under a sun. */
  private static void hills(Graphics2D g, int width, int height, int[] palette, Random random) {
    double sun = height * (0.18 + 0.12 * random.nextDouble());
    g.setColor(new Color(palette[4]));
    g.fill(new Ellipse2D.Double(width * (0.2 + 0.6 * random.nextDouble()), sun / 2, sun, sun));
    int ranges = 6;
    for (int i = 0; i < ranges; i++) {
      double far = 1 - i / (double) (ranges - 1);
      double phase = random.nextDouble() * 10;
      double swell = height * (0.05 + 0.05 * random.nextDouble());
      Path2D range = new Path2D.Double();
      range.moveTo(0, height);
      for (int x = 0; x <= width; x += 2) {
        double t = x / (double) width * 6 + phase;
        double y = Math.sin(t) + 0.5 * Math.sin(2.3 * t + i) + 0.25 * Math.sin(5.1 * t);
        range.lineTo(x, height * (0.38 + 0.1 * i) + swell * y);
      }
      range.lineTo(width, height);
      range.closePath();
      g.setColor(mix(palette[0], palette[3], far * 0.8));
      g.fill(range);
    }
  }

  /** Ribbons that come from everywhere and leave through one point. */
  private static void streams(Graphics2D g, int width, int height, int[] palette, Random random) {
    double meet = height * (0.35 + 0.3 * random.nextDouble());
    for (int i = 0; i < 26; i++) {
      double from = height * random.nextDouble();
      Path2D ribbon = new Path2D.Double();
      ribbon.moveTo(-10, from);
      ribbon.curveTo(
          width * 0.45, from, width * 0.4, meet, width + 10, meet + (from - meet) * 0.12);
      g.setStroke(
          new BasicStroke(
              2 + 9 * random.nextFloat(), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
      Color c = new Color(palette[1 + random.nextInt(4)]);
      g.setColor(new Color(c.getRed(), c.getGreen(), c.getBlue(), 170));
      g.draw(ribbon);
    }
  }

  /** Translucent discs of all sizes. */
  private static void bubbles(Graphics2D g, int width, int height, int[] palette, Random random) {
    for (int i = 0; i < 60; i++) {
      double size = height * (0.04 + 0.3 * Math.pow(random.nextDouble(), 2.5));
      double x = width * random.nextDouble() - size / 2;
      double y = height * random.nextDouble() - size / 2;
      Color c = new Color(palette[1 + random.nextInt(4)]);
      g.setColor(new Color(c.getRed(), c.getGreen(), c.getBlue(), 120));
      g.fill(new Ellipse2D.Double(x, y, size, size));
    }
  }

  /** Rings around two centres. */
  private static void rings(Graphics2D g, int width, int height, int[] palette, Random random) {
    for (int centre = 0; centre < 2; centre++) {
      double x = width * (0.15 + 0.7 * random.nextDouble());
      double y = height * (0.2 + 0.6 * random.nextDouble());
      for (int i = 14; i > 0; i--) {
        double radius = i * height * 0.055;
        Color c = mix(palette[2 + centre], palette[4], i / 14.0);
        g.setColor(new Color(c.getRed(), c.getGreen(), c.getBlue(), i % 2 == 0 ? 150 : 60));
        g.setStroke(new BasicStroke((float) (height * 0.022)));
        g.draw(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
      }
    }
  }

  /** A little grain, as on paper; it also gives the files the size of photographs. */
  private static void grain(BufferedImage image, Random random) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if (random.nextInt(16) == 0) {
          int rgb = image.getRGB(x, y);
          int by = random.nextInt(9) - 4;
          image.setRGB(x, y, shade(rgb, 16, by) | shade(rgb, 8, by) | shade(rgb, 0, by));
        }
      }
    }
  }

  private static int shade(int rgb, int shift, int by) {
    return Math.clamp((rgb >> shift & 0xff) + by, 0, 255) << shift;
  }

  private static Color mix(int from, int to, double share) {
    int mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      double a = from >> shift & 0xff;
      double b = to >> shift & 0xff;
      mixed |= (int) Math.round(a + (b - a) * share) << shift;
    }
    return new Color(mixed);
  }

  private static void write(BufferedImage image, Path file) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    ImageWriteParam settings = writer.getDefaultWriteParam();
    settings.setProgressiveMode(ImageWriteParam.MODE_DEFAULT); // Adam7
    ImageIO.setUseCache(false);
    Files.deleteIfExists(file);
    try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), settings);
    } finally {
      writer.dispose();
    }
  }
}
