<?php // Needs ./setubillpay, made by: openapi-generator-cli generate --skip-validate-spec -g php -i setubillpay.yaml -o setubillpay -p invokerPackage=Setubillpay
require 'vendor/autoload.php'; // composer.json: require guzzlehttp/guzzle, autoload psr-4 {"Setubillpay\\": "setubillpay/lib"}

$baseUrl = getenv('SETUBILLPAY_SANDBOX_BASE_URL');
$tokens = new Setubillpay\Api\TokenApi(config: (new Setubillpay\Configuration())->setHost($baseUrl));
try {
    $response = $tokens->generateToken(new Setubillpay\Model\TokenRequest([
        'client_id' => getenv('SETUBILLPAY_SANDBOX_CLIENT_ID'),
        'secret' => getenv('SETUBILLPAY_SANDBOX_SECRET'),
    ]));
} catch (Setubillpay\ApiException $error) {
    fwrite(STDERR, "setubillpay: no token, code {$error->getResponseObject()?->getError()->getCode()}\n");
    exit(1);
}
$lifetime = $response->getExpiresIn() > 0 ? $response->getExpiresIn() : 600;

// The emulator's echo API stands for the API that you want to use.
$headers = ['Authorization' => "Bearer {$response->getToken()}", 'X-PARTNER-ID' => getenv('SETUBILLPAY_SANDBOX_PARTNER_ID')];
$status = (new GuzzleHttp\Client())->get("$baseUrl/echo", ['headers' => $headers, 'http_errors' => false])->getStatusCode();
echo "setubillpay: a token for $lifetime s, the API responded with $status\n";
