import Digest
import Extraction
import Images
import MobileNet
import Training

/// Which places of a photograph speak for a class.
public struct Explanation: Sendable {
  public enum Method: String, Sendable {
    /// The head's weights over the layers whose averages it sees (Zhou et al., Learning Deep Features for
    /// Discriminative Localization, 2016): an exact account of the logit.
    case activation
    /// How far the logit falls when a grey square lies there (Zeiler and Fergus, 2014): for networks
    /// that have more than a pool between their last image and the head.
    case occlusion
  }

  /// What one layer contributes to the logit.
  public struct Part: Sendable {
    public let layer: String
    /// On the layer's own grid. Its mean is what the layer adds to the logit.
    public let map: Heatmap
  }

  /// The photograph as the backbone gets it.
  public let input: RGBImage
  /// Of each class.
  public let probabilities: [Float]
  /// The class that is seen.
  public let predicted: Int
  /// The class that is explained.
  public let label: Int
  /// Of that class, before it is divided by a temperature.
  public let logit: Double
  public let method: Method
  /// With the activations of several layers their sum, on the finest of their grids.
  public let map: Heatmap
  /// Of the head for that class; with the means of the parts it adds up to the logit.
  public let bias: Double
  /// Empty where squares were laid on the photograph.
  public let parts: [Part]
  /// The first layer and one in the middle, for people to look at.
  public let layers: [FeatureMap]
}

extension Classifier {
  /// Explains what it sees in a photograph.
  ///
  /// - Parameters:
  ///   - input: the photograph.
  ///   - label: the class to explain; nil for the one that is seen.
  ///   - threads: how many look at the photograph with squares on it.
  /// - Throws: what can't be decoded, and a head that is of no use.
  public func explanation(
    of input: Input, label: Int? = nil, threads: Int
  ) throws(Failure) -> Explanation {
    let pixels = try pixels(of: input)
    let (height, width) = backbone.inputSize
    var extractor = FeatureExtractor(backbone)
    let sight = extractor.look(pixels: pixels.span)
    var engine = ShareEngine(shape: head.shape)
    do throws(Divergence) {
      let answer = try engine.prediction(
        head: head, features: sight.features, temperature: temperature)
      let explained = label ?? answer.predicted
      let logit = Double(try engine.logits(head: head, features: sight.features)[explained])
      let parts = sight.averaged.isEmpty ? [] : self.parts(sight.averaged, explained)
      let map =
        parts.isEmpty
        ? try occlusion(pixels, explained, logit, threads: threads) : Self.sum(parts)
      return Explanation(
        input: RGBImage(width: width, height: height, pixels: pixels),
        probabilities: answer.probabilities, predicted: answer.predicted, label: explained,
        logit: logit, method: parts.isEmpty ? .occlusion : .activation, map: map,
        bias: Double(head.bias[head.bias.startIndex + explained]), parts: parts,
        layers: sight.layers)
    } catch {
      throw Failure(reason: "\(error)")
    }
  }

  private func pixels(of input: Input) throws(Failure) -> [UInt8] {
    let (height, width) = backbone.inputSize
    let file = try Classifier.content(of: input)
    do {
      var preprocessor = try Preprocessor(
        inputHeight: height, inputWidth: width, fit: configuration.fit)
      return try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
    } catch {
      throw Failure(reason: error.problem, isShortage: !error.isUndecodable)
    }
  }

  /// The class's weights over each layer.
  private func parts(_ layers: [FeatureMap], _ label: Int) -> [Explanation.Part] {
    let featureCount = head.shape.featureCount
    var first = head.weight.startIndex + label * featureCount
    return layers.map { layer in
      let weights = Array(head.weight[first..<first + layer.channels])
      first += layer.channels
      let values = (0..<layer.height * layer.width).map { pixel in
        var sum = 0.0
        for channel in 0..<layer.channels {
          sum += Double(weights[channel]) * Double(layer.values[pixel * layer.channels + channel])
        }
        return sum
      }
      return Explanation.Part(
        layer: layer.layer,
        map: Heatmap(height: layer.height, width: layer.width, values: values))
    }
  }

  private static func sum(_ parts: [Explanation.Part]) -> Heatmap {
    let (height, width) = parts.reduce((0, 0)) { largest, part in
      (max(largest.0, part.map.height), max(largest.1, part.map.width))
    }
    let maps = parts.map { $0.map.repeated(height: height, width: width) }
    return maps.dropFirst().reduce(maps[0], +)
  }
}
