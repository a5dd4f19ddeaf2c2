"""Runs one engine on one model for some seconds and prints its images per second as JSON."""

import argparse
import json
import os
import time

import forms
import held
import models
import processes


def onnxruntime_fp32(args):
    return onnxruntime_session(args.model, args.threads, args.model)


def onnxruntime_int8(args):
    return onnxruntime_session(models.quantized(args.model, args.work, args.form), args.threads, args.model)


def onnxruntime_session(path, threads, shaped):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name, shape = models.input_shape(shaped)
    feed = {name: models.sample_input(shape)}
    return (lambda: session.run(None, feed)), 1


def openvino_fp32(args):
    return openvino_request(args.model, args.threads, "f32", args.model)


def openvino_bf16(args):
    return openvino_request(args.model, args.threads, "bf16", args.model)


def openvino_int8(args):
    return openvino_request(
        models.quantized(args.model, args.work, args.form), args.threads, "f32", args.model)


def openvino_request(path, threads, precision, shaped):
    import openvino

    core = openvino.Core()
    model = core.read_model(str(path))
    _, shape = models.input_shape(shaped)
    model.reshape(list(shape))
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
    })
    request = compiled.create_infer_request()
    image = openvino.Tensor(models.sample_input(shape))
    request.set_input_tensor(image)
    return request.infer, 1


def litert_fp32(args):
    return litert_interpreter(models.litert_model(args.model, args.work, args.keras, False), args.threads)


def litert_int8(args):
    return litert_interpreter(models.litert_model(args.model, args.work, args.keras, True), args.threads)


def litert_interpreter(path, threads):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter.invoke, 1


def torch_fp32(args):
    """Eager PyTorch on the same layer shapes, a batch of 32, as a training script would run it."""
    import torch

    import torch_mobilenet

    torch.set_num_threads(args.threads)
    network = torch_mobilenet.MobileNetV2().eval().to(memory_format=torch.channels_last)
    batch = torch.zeros(32, 3, 224, 224).to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            network(batch)

    return run, 32


ENGINES = {
    "onnxruntime-fp32": onnxruntime_fp32,
    "onnxruntime-int8": onnxruntime_int8,
    "openvino-fp32": openvino_fp32,
    "openvino-bf16": openvino_bf16,
    "openvino-int8": openvino_int8,
    "litert-fp32": litert_fp32,
    "litert-int8": litert_int8,
    "torch-fp32": torch_fp32,
}


def measure(args, barrier, results):
    run, images = ENGINES[args.engine](args)
    for _ in range(3):
        run()
    held.check()
    answered = held.answers()
    barrier.wait()
    start = time.perf_counter()
    done = 0
    while time.perf_counter() - start < args.seconds:
        run()
        done += images
    rate = done / (time.perf_counter() - start)
    results.put((rate, held.answers() - answered))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=sorted(ENGINES))
    parser.add_argument("model")
    parser.add_argument("--work", required=True, help="folder for the converted models")
    parser.add_argument(
        "--form", default=forms.DEFAULT, choices=[*forms.ONNX, *forms.NNCF],
        help="how the network of an engine in int8 is quantized")
    parser.add_argument("--keras", default="mobilenet_v2", choices=forms.KERAS, help="LiteRT's network")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    rates, answers = zip(*processes.measure_at_once(measure, args, args.engine))
    print(json.dumps({
        "engine": args.engine, "form": args.form, "threads": args.threads, "processes": args.processes,
        "images_per_second": sum(rates), "held_to": os.environ.get("TL_HELD_TO"),
        "cpuid_answers": sum(answers)}))


if __name__ == "__main__":
    main()
