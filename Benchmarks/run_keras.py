"""The whole job as Keras's guide to transfer learning has it: a frozen MobileNetV2, fitted whole.

The base has random weights, so nothing is downloaded: its speed does not depend on them.
"""

import argparse
import json
import time

import held


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--epochs", type=int, default=6)
    args = parser.parse_args()
    start = time.perf_counter()
    import tensorflow as tf
    from tensorflow import keras

    held.check()
    training, validation = keras.utils.image_dataset_from_directory(
        args.data, validation_split=0.3, subset="both", seed=42, image_size=(224, 224), batch_size=32)
    base = keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), include_top=False, weights=None, pooling="avg")
    base.trainable = False
    inputs = keras.Input((224, 224, 3))
    outputs = base(keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs), training=False)
    network = keras.Model(inputs, keras.layers.Dense(len(training.class_names))(outputs))
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    ready = time.perf_counter()
    network.fit(
        training.prefetch(tf.data.AUTOTUNE), validation_data=validation.prefetch(tf.data.AUTOTUNE),
        epochs=args.epochs, verbose=0)
    print(json.dumps({"start": ready - start, "epoch": (time.perf_counter() - ready) / args.epochs}))


if __name__ == "__main__":
    main()
