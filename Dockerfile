# drapto in a container: docker build -t drapto . && docker run --rm -v "$PWD:/films" drapto encode movie.mkv -o out
FROM python:3.12-slim AS build
COPY . /drapto
RUN pip wheel --no-cache-dir --wheel-dir /wheels /drapto

FROM python:3.12-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels drapto && rm -r /wheels
WORKDIR /films
ENTRYPOINT ["drapto"]
