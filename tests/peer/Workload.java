import alluxio.AlluxioURI;
import alluxio.client.file.FileInStream;
import alluxio.client.file.FileOutStream;
import alluxio.client.file.FileSystem;
import alluxio.client.file.URIStatus;
import alluxio.exception.FileAlreadyExistsException;
import alluxio.exception.FileDoesNotExistException;
import alluxio.grpc.CreateDirectoryPOptions;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.DeletePOptions;
import alluxio.grpc.FileSystemMasterCommonPOptions;
import alluxio.grpc.SetAttributePOptions;
import alluxio.grpc.WritePType;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.zip.CRC32;

/**
 * A job of the official client: it writes files, renames them, reads them back and compares checksums until a line
 * comes on its standard input or its time is over, then reads everything again. A second thread makes directories
 * come, go and move, and records each call in a file for a check of linearizability.
 *
 * Words: seed, seconds at most, keys, file for the history. It prints a line "CALL end-nanoseconds milliseconds name"
 * for each call that took long, "ASKED_TWICE path" for each block id that was asked twice, "AT calls" every ten calls, at the end
 * "DONE files calls longest-milliseconds asked-twice", and exits with 0; or "FAILED reason", and exits with 1.
 */
public final class Workload {
  private static final int BLOCK_SIZE = 128 << 10;
  private static final int FILES_MAX = 30;
  private static final long TOLD_MIN_MS = 50;
  private static final long VALUE_MIN = 2_000_000_000_000L;
  private static final String[] PLACES = {"x", "y"};

  private static volatile boolean sStop = false;
  private static volatile Throwable sFailure = null;
  private static long sCalls = 0;
  private static long sLongestMs = 0;

  private final FileSystem mFs = FileSystem.Factory.get();
  private final Random mRandom;
  private final Map<String, Long> mChecksums = new TreeMap<>();
  private int mFiles = 0;
  private int mAskedTwice = 0;

  private Workload(long seed) {
    mRandom = new Random(seed);
  }

  public static void main(String[] args) throws Exception {
    long seed = Long.parseLong(args[0]);
    long endsNs = System.nanoTime() + Long.parseLong(args[1]) * 1_000_000_000L;
    String[] keys = args[2].split(",");
    Workload job = new Workload(seed);
    Thread input = new Thread(() -> {
      try {
        new BufferedReader(new InputStreamReader(System.in)).readLine();
      } catch (Exception e) {
        sFailure = e;
      }
      sStop = true;
    });
    input.setDaemon(true);
    input.start();
    Thread history = new Thread(() -> {
      try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(Paths.get(args[3])))) {
        job.changeDirectories(new Random(seed + 1), keys, out, endsNs);
      } catch (Throwable e) {
        sFailure = e;
      }
    });
    history.start();
    try {
      job.makeDirectory("/job");
      tell("READY");
      while (!sStop && sFailure == null && System.nanoTime() < endsNs) {
        job.writeOne();
        Thread.sleep(20);
      }
      sStop = true;
      history.join();
      if (sFailure != null) {
        throw new IllegalStateException("the history ended", sFailure);
      }
      job.compareAll();
    } catch (Throwable e) {
      sStop = true;
      e.printStackTrace();
      tell("FAILED " + e);
      System.exit(1);
    }
    tell("DONE " + job.mFiles + " " + sCalls + " " + sLongestMs + " " + job.mAskedTwice);
    System.exit(0);
  }

  private static synchronized void tell(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** Makes a call and keeps how long it took, whether it fails or not. */
  private static <T> T timed(String name, Callable<T> call) throws Exception {
    long beganNs = System.nanoTime();
    try {
      return call.call();
    } finally {
      long endedNs = System.nanoTime();
      long tookMs = (endedNs - beganNs) / 1_000_000;
      synchronized (Workload.class) {
        if (++sCalls % 10 == 0) {
          tell("AT " + sCalls);
        }
        sLongestMs = Math.max(sLongestMs, tookMs);
      }
      if (tookMs >= TOLD_MIN_MS) {
        tell("CALL " + endedNs + " " + tookMs + " " + name);
      }
    }
  }

  private void makeDirectory(String path) throws Exception {
    timed("createDirectory", () -> {
      mFs.createDirectory(new AlluxioURI(path), CreateDirectoryPOptions.newBuilder().setAllowExists(true).build());
      return null;
    });
  }

  // --- files ---------------------------------------------------------------------------------------------------------

  private void writeOne() throws Exception {
    String temporary = "/job/t" + mFiles;
    String path = "/job/f" + mFiles;
    mFiles++;
    byte[] content = new byte[mRandom.nextInt(3 * BLOCK_SIZE)];
    mRandom.nextBytes(content);
    WritePType type = mRandom.nextBoolean() ? WritePType.MUST_CACHE : WritePType.CACHE_THROUGH;
    while (!write(temporary, content, type)) {
      tell("ASKED_TWICE " + temporary);
      mAskedTwice++;
      delete(temporary);
    }
    timed("rename", () -> {
      mFs.rename(new AlluxioURI(temporary), new AlluxioURI(path));
      return null;
    });
    CRC32 sum = new CRC32();
    sum.update(content);
    mChecksums.put(path, sum.getValue());
    compare(path, content.length);
    if (mChecksums.size() > FILES_MAX) {
      List<String> paths = new ArrayList<>(mChecksums.keySet());
      String old = paths.get(mRandom.nextInt(paths.size()));
      compare(old, -1);
      delete(old);
      mChecksums.remove(old);
    }
  }

  /**
   * Writes a file; returns false when the master gave a block id that the client never got to know, and asked again.
   *
   * The call for a block id carries no operation id, so a repeated one adds a second block; the first is never written,
   * and the file cannot be completed or read. No other failure is excused.
   */
  private boolean write(String path, byte[] content, WritePType type) throws Exception {
    CreateFilePOptions options =
        CreateFilePOptions.newBuilder().setBlockSizeBytes(BLOCK_SIZE).setWriteType(type).build();
    AlluxioURI uri = new AlluxioURI(path);
    FileOutStream stream = timed("createFile", () -> mFs.createFile(uri, options));
    int[] blocks = {0};
    Exception failure = null;
    try {
      for (int offset = 0; offset < content.length; offset += BLOCK_SIZE) {
        int from = offset;
        blocks[0]++;
        timed("write", () -> {
          stream.write(content, from, Math.min(BLOCK_SIZE, content.length - from));
          return null;
        });
      }
      timed("close", () -> {
        stream.close();
        return null;
      });
    } catch (Exception e) {
      failure = e;
      try {
        stream.cancel();
      } catch (Exception ignored) {
        // The file is looked at below, and deleted.
      }
    }
    URIStatus status;
    try {
      status = timed("getStatus", () -> mFs.getStatus(uri));
    } catch (FileDoesNotExistException e) {
      throw failure == null ? e : failure;
    }
    if (status.getBlockIds().size() > blocks[0]) {
      return false;
    }
    if (failure != null) {
      throw failure;
    }
    return true;
  }

  private void delete(String path) throws Exception {
    timed("delete", () -> {
      mFs.delete(new AlluxioURI(path), DeletePOptions.newBuilder().build());
      return null;
    });
  }

  private void compare(String path, long length) throws Exception {
    CRC32 sum = new CRC32();
    long read = timed("read", () -> {
      long count = 0;
      byte[] buffer = new byte[BLOCK_SIZE];
      try (FileInStream stream = mFs.openFile(new AlluxioURI(path))) {
        for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
          sum.update(buffer, 0, n);
          count += n;
        }
      }
      return count;
    });
    if (sum.getValue() != mChecksums.get(path) || (length >= 0 && read != length)) {
      throw new IllegalStateException(path + " holds other bytes than were written");
    }
  }

  private void compareAll() throws Exception {
    List<String> found = new ArrayList<>();
    for (URIStatus status : timed("listStatus", () -> mFs.listStatus(new AlluxioURI("/job")))) {
      found.add(status.getPath());
    }
    List<String> expected = new ArrayList<>(mChecksums.keySet());
    found.sort(null);
    if (!found.equals(expected)) {
      throw new IllegalStateException("/job should hold " + expected + " and holds " + found);
    }
    for (String path : expected) {
      compare(path, -1);
    }
  }

  // --- directories, recorded -----------------------------------------------------------------------------------------

  private void changeDirectories(Random random, String[] keys, PrintWriter out, long endsNs) throws Exception {
    long value = VALUE_MIN;
    while (!sStop && System.nanoTime() < endsNs) {
      String key = keys[random.nextInt(keys.length)];
      int place = random.nextInt(2);
      String name = PLACES[place];
      String other = PLACES[1 - place];
      AlluxioURI path = new AlluxioURI("/h/" + key + "/" + name);
      AlluxioURI otherPath = new AlluxioURI("/h/" + key + "/" + other);
      FileSystemMasterCommonPOptions common = FileSystemMasterCommonPOptions.newBuilder().setTtl(++value).build();
      String kind;
      String words = name;
      Callable<Object> call;
      int chosen = random.nextInt(20);
      if (chosen < 5) {
        kind = "create";
        words += "," + value;
        call = () -> {
          mFs.createDirectory(path, CreateDirectoryPOptions.newBuilder().setCommonOptions(common)
              .setWriteType(WritePType.MUST_CACHE).build());
          return "ok";
        };
      } else if (chosen < 8) {
        kind = "delete";
        call = () -> {
          mFs.delete(path);
          return "ok";
        };
      } else if (chosen < 11) {
        kind = "rename";
        words += "," + other;
        call = () -> {
          mFs.rename(path, otherPath);
          return "ok";
        };
      } else if (chosen < 14) {
        kind = "set";
        words += "," + value;
        call = () -> {
          mFs.setAttribute(path, SetAttributePOptions.newBuilder().setCommonOptions(common).build());
          return "ok";
        };
      } else {
        kind = "status";
        call = () -> mFs.getStatus(path).getTtl();
      }
      Object result;
      long beganNs = System.nanoTime();
      try {
        result = timed(kind, call);
      } catch (FileDoesNotExistException e) {
        result = "absent";
      } catch (FileAlreadyExistsException e) {
        result = "exists";
      }
      out.println("java " + key + " " + kind + " " + words + " " + result + " " + beganNs + " " + System.nanoTime());
      Thread.sleep(20);
    }
  }
}
