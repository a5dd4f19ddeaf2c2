import java.awt.image.BufferedImage;
import java.io.DataOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * What docs/deploy/Predict.java says, for java_api.py: of the pixels in a file, one picture after the other, and then
 * of the photographs whose paths are lines of another. For each writes doubles to standard output, in network order:
 * milliseconds of preparing (0 for pixels) and of the model, likeness, and probabilities.
 */
final class Answers {
  public static void main(String[] arguments) throws Exception {
    byte[] model = Files.readAllBytes(Path.of(arguments[0]));
    List<String> paths = Files.readAllLines(Path.of(arguments[2]));
    try (Predict predict = new Predict(model, Integer.parseInt(arguments[3]));
        FileInputStream pixels = new FileInputStream(arguments[1]);
        DataOutputStream output = new DataOutputStream(new java.io.BufferedOutputStream(System.out))) {
      int size = predict.height * predict.width * 3;
      for (int i = 0; i < paths.size(); i++) {
        write(predict, ByteBuffer.allocateDirect(size).put(pixels.readNBytes(size)).rewind(), 0, output);
      }
      for (String path : paths) {
        long begin = System.nanoTime();
        BufferedImage image = ImageIO.read(new File(path));
        int width = image.getWidth(), height = image.getHeight();
        int[] picture = image.getRGB(0, 0, width, height, null, 0, width);
        ByteBuffer made = predict.fitted(picture, width, height);
        write(predict, made, (System.nanoTime() - begin) / 1e6, output);
      }
    }
    System.err.println(ai.onnxruntime.OrtEnvironment.getEnvironment().getVersion());
  }

  private static void write(Predict predict, ByteBuffer pixels, double preparing, DataOutputStream output)
      throws Exception {
    long begin = System.nanoTime();
    Predict.Answer answer = predict.answer(pixels);
    output.writeDouble(preparing);
    output.writeDouble((System.nanoTime() - begin) / 1e6);
    output.writeDouble(answer.likeness);
    for (float probability : answer.probabilities) output.writeDouble(probability);
  }
}
