import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;

/**
 * What an exported model.onnx sees in pictures: an export with --input pixels, which is the default.
 *
 * <p>It takes nothing but onnxruntime's Java API, which Android has as well, and what it has to know of the model
 * stands in the model's metadata. Pictures are numbers 0xAARRGGBB, as BufferedImage.getRGB gives them, and on
 * Android Bitmap.getPixels.
 */
public final class Predict implements AutoCloseable {
  /** A picture's probabilities, in the order of the labels, and its likeness to the nearest class. */
  public static final class Answer {
    public final float[] probabilities;
    /** NaN where the model can't tell. */
    public final float likeness;

    Answer(float[] probabilities, float likeness) {
      this.probabilities = probabilities;
      this.likeness = likeness;
    }
  }

  public final String[] labels;
  public final int width;
  public final int height;
  /** Pictures that are less like the classes are none of these; NaN where the model can't tell. */
  public final float likenessMin;
  private final String fit;
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  /** @param threads that compute one picture; 0 for as many as onnxruntime likes */
  public Predict(byte[] model, int threads) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(threads);
      session = environment.createSession(model, options);
    }
    Map<String, String> metadata = session.getMetadata().getCustomMetadata();
    labels = metadata.get("labels").split("\n");
    fit = metadata.get("fit");
    likenessMin = Float.parseFloat(metadata.getOrDefault("likeness_min", "NaN"));
    long[] shape = ((TensorInfo) session.getInputInfo().get("pixels").getInfo()).getShape();
    height = (int) shape[1];
    width = (int) shape[2];
  }

  /** @param pixels a direct buffer of height × width × red, green and blue */
  public Answer answer(ByteBuffer pixels) throws OrtException {
    long[] shape = {1, height, width, 3};
    try (OnnxTensor input = OnnxTensor.createTensor(environment, pixels, shape, OnnxJavaType.UINT8);
        OrtSession.Result outputs = session.run(Map.of("pixels", input))) {
      float[][] probabilities = (float[][]) outputs.get("probabilities").get().getValue();
      float likeness =
          outputs.get("likeness").isPresent() ? ((float[]) outputs.get("likeness").get().getValue())[0] : Float.NaN;
      return new Answer(probabilities[0], likeness);
    }
  }

  /**
   * A picture as the model takes it, by its run's fit: the middle of what is larger, and what is smaller in the
   * middle of grey. Transparent parts lie on white.
   */
  public ByteBuffer fitted(int[] picture, int width, int height) {
    double acrossScale = (double) this.width / width, downScale = (double) this.height / height;
    double scale = fit.equals("crop") ? Math.max(acrossScale, downScale) : Math.min(acrossScale, downScale);
    boolean stretches = fit.equals("stretch");
    int across = stretches ? this.width : Math.max(1, (int) Math.round(width * scale));
    int down = stretches ? this.height : Math.max(1, (int) Math.round(height * scale));
    Shares columns = new Shares(width, across, this.width), rows = new Shares(height, down, this.height);
    byte[] pixels = new byte[this.height * this.width * 3];
    Arrays.fill(pixels, (byte) 128);
    float[] blended = new float[3 * width];
    int left = (this.width - columns.first.length) / 2, top = (this.height - rows.first.length) / 2;
    for (int y = 0; y < rows.first.length; y++) {
      blend(picture, width, rows, y, blended);
      for (int x = 0; x < columns.first.length; x++) {
        for (int channel = 0; channel < 3; channel++) {
          float sum = 0;
          for (int j = 0; j < columns.weights[x].length; j++) {
            sum += columns.weights[x][j] * blended[3 * (columns.first[x] + j) + channel];
          }
          pixels[3 * ((top + y) * this.width + left + x) + channel] = (byte) Math.round(sum);
        }
      }
    }
    return ByteBuffer.allocateDirect(pixels.length).put(pixels).rewind();
  }

  /** One row of the output's height and the picture's width. */
  private static void blend(int[] picture, int width, Shares rows, int y, float[] blended) {
    Arrays.fill(blended, 0);
    for (int j = 0; j < rows.weights[y].length; j++) {
      float weight = rows.weights[y][j];
      for (int x = 0; x < width; x++) {
        int colour = picture[(rows.first[y] + j) * width + x];
        float opacity = (colour >>> 24) / 255f;
        for (int channel = 0; channel < 3; channel++) {
          int value = colour >>> 16 - 8 * channel & 255;
          blended[3 * x + channel] += weight * (opacity * value + (1 - opacity) * 255);
        }
      }
    }
  }

  /**
   * Where n pixels are resized to m, of which the middle is kept: the pixels that each is made of, and their
   * shares, which fall off evenly to both sides, over one pixel of the larger kind.
   */
  private static final class Shares {
    final int[] first;
    final float[][] weights;

    Shares(int n, int m, int keptMax) {
      int kept = Math.min(m, keptMax);
      first = new int[kept];
      weights = new float[kept][];
      double reach = Math.max(1, (double) n / m);
      for (int i = 0; i < kept; i++) {
        double centre = ((m - kept) / 2 + i + 0.5) * n / m;
        first[i] = Math.max(0, (int) Math.floor(centre - reach));
        weights[i] = new float[Math.min(n, (int) Math.ceil(centre + reach)) - first[i]];
        double sum = 0;
        for (int j = 0; j < weights[i].length; j++) {
          weights[i][j] = (float) Math.max(0, 1 - Math.abs(first[i] + j + 0.5 - centre) / reach);
          sum += weights[i][j];
        }
        for (int j = 0; j < weights[i].length; j++) weights[i][j] /= (float) sum;
      }
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }

  // What follows is for computers: Android has no javax.imageio.

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: java -cp onnxruntime.jar Predict.java MODEL.onnx PHOTOGRAPH…");
      System.exit(64);
    }
    byte[] model = java.nio.file.Files.readAllBytes(java.nio.file.Path.of(arguments[0]));
    try (Predict predict = new Predict(model, 0)) {
      for (String path : Arrays.asList(arguments).subList(1, arguments.length)) {
        // ImageIO leaves photographs as the camera held them: it doesn't follow EXIF's orientation.
        java.awt.image.BufferedImage image = javax.imageio.ImageIO.read(new java.io.File(path));
        if (image == null) {
          System.err.println(path + ": not a picture of a kind that ImageIO reads");
          continue;
        }
        int width = image.getWidth(), height = image.getHeight();
        int[] picture = image.getRGB(0, 0, width, height, null, 0, width);
        Answer answer = predict.answer(predict.fitted(picture, width, height));
        int best = 0;
        for (int i = 1; i < answer.probabilities.length; i++) {
          if (answer.probabilities[i] > answer.probabilities[best]) best = i;
        }
        System.out.printf(
            "%s %s %.1f %%%s%n", path, predict.labels[best], 100 * answer.probabilities[best],
            answer.likeness < predict.likenessMin ? " (none of these?)" : "");
      }
    }
  }
}
