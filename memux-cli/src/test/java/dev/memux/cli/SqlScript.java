package dev.memux.cli;

import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.zip.CRC32;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;

/** What a program may do with a database, and all that it gets to see. */
final class SqlScript {
  private static final int ROWS = 200;
  private static final int LARGE_ROWS = 2_000;

  private SqlScript() {}

  /** Runs it in a schema of its own; the same is seen whatever that is called. */
  static String run(Connection connection, String schema) throws Exception {
    StringBuilder seen = new StringBuilder();
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA " + schema);
      statement.execute("SET search_path TO " + schema);
      statement.execute("CREATE TABLE item (id int PRIMARY KEY, name text, price numeric)");
      insert(connection);
      copy(connection.unwrap(PGConnection.class).getCopyAPI(), seen);
      seen.append(rows(statement, "SELECT count(*), sum(price), max(name) FROM item"));
      seen.append(rows(statement, "SELECT name FROM item WHERE id % 50 = 7 ORDER BY id"));
      seen.append(large(statement));
      seen.append(failure(connection));
      seen.append(notification(connection, statement, schema));
      statement.execute("DROP SCHEMA " + schema + " CASCADE");
    }
    return seen.toString();
  }

  private static void insert(Connection connection) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO item VALUES (?, ?, ?)")) {
      for (int i = 0; i < ROWS; i++) {
        insert.setInt(1, i);
        insert.setString(2, "item " + i + " \u20ac");
        insert.setBigDecimal(3, java.math.BigDecimal.valueOf(i, 2));
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** Both ways. */
  private static void copy(CopyManager copy, StringBuilder seen) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = ROWS; i < 2 * ROWS; i++) {
      lines.append(i).append("\tcopied ").append(i).append("\t1.5\n");
    }
    seen.append(copy.copyIn("COPY item FROM STDIN", new StringReader(lines.toString())));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    seen.append(' ').append(copy.copyOut("COPY (SELECT * FROM item ORDER BY id) TO STDOUT", out));
    CRC32 sum = new CRC32();
    sum.update(out.toByteArray());
    seen.append(' ').append(sum.getValue()).append('\n');
  }

  private static String rows(Statement statement, String query) throws SQLException {
    StringBuilder rows = new StringBuilder();
    try (ResultSet result = statement.executeQuery(query)) {
      while (result.next()) {
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          rows.append(result.getString(i)).append('|');
        }
        rows.append('\n');
      }
    }
    return rows.toString();
  }

  private static String large(Statement statement) throws SQLException {
    CRC32 sum = new CRC32();
    try (ResultSet result =
        statement.executeQuery(
            "SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, " + LARGE_ROWS + ") i")) {
      while (result.next()) {
        sum.update((result.getInt(1) + result.getString(2)).getBytes(StandardCharsets.UTF_8));
      }
    }
    return sum.getValue() + "\n";
  }

  /** In a transaction, which is then rolled back. */
  private static String failure(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM item");
      statement.executeQuery("SELECT 1 / 0");
      return "no failure\n";
    } catch (SQLException e) {
      connection.rollback();
      connection.setAutoCommit(true);
      return e.getSQLState() + " " + e.getMessage() + "\n";
    }
  }

  private static String notification(Connection connection, Statement statement, String channel)
      throws SQLException {
    statement.execute("LISTEN " + channel);
    statement.execute("NOTIFY " + channel + ", 'hello'");
    PGNotification[] heard = connection.unwrap(PGConnection.class).getNotifications(10_000);
    return heard.length + " " + heard[0].getParameter() + "\n";
  }
}
